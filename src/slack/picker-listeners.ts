import type { App, ViewResponseAction } from '@slack/bolt';
import { messageOf } from '../base/error.ts';
import { type AnsweringDeps, answering, ephemeralOrDirect } from './answering.ts';
import type { InFlight } from './in-flight.ts';
import { modalsOf } from './modals.ts';
import { parsePickerChoice, parsePickerSubmission } from './payload/picker.ts';
import { afterChoice, type PickerDeps, readSent, startSent } from './picker.ts';
import { PICKER } from './views/picker-names.ts';
import { type WhoAsksDeps, whoAsks } from './who-asks.ts';

/** What the picker's listeners work with. */
export interface PickerListenerDeps extends PickerDeps, AnsweringDeps, WhoAsksDeps {
  readonly inFlight: InFlight;
}

/** Registers the picker: what is chosen in it changes it, and sending it starts a run where the command was typed. */
export function addPickerListeners(app: App, deps: PickerListenerDeps): void {
  listenToChoices(app, deps);
  listenToSubmissions(app, deps);
}

function listenToChoices(app: App, deps: PickerListenerDeps): void {
  app.action(/^picker_[a-z]+$/, ({ ack, body, client }) =>
    deps.inFlight.track(async () => {
      await ack();
      const choice = parsePickerChoice(body);
      if (!choice) return;
      const { id, hash } = choice.view;
      // A view that changed since shows something later already; what is sent is checked in any case.
      await modalsOf(client)
        .update(id, afterChoice(deps, choice), hash)
        .catch((error: unknown) => deps.logger.info('a dialog was not changed', { error: messageOf(error) }));
    }),
  );
}

function listenToSubmissions(app: App, deps: PickerListenerDeps): void {
  app.view(PICKER.callback, ({ ack, body, client }) =>
    deps.inFlight.track(async () => {
      const submission = parsePickerSubmission(body);
      if (!submission) return ack({ response_action: 'errors', errors: { [PICKER.runbook]: OUT_OF_DATE } });
      const sent = readSent(deps, submission);
      if (sent.kind === 'not_yet') return ack(sent.answer);
      const { form } = sent;
      const { userId, teamId, delivery } = submission;
      const answer = once(async (response?: ViewResponseAction) => (response ? ack(response) : ack()));
      const { channel } = form;
      const claim = { userId, teamId, wish: PICKER.callback, subject: `runbook:${form.runbook.name}`, channel };
      const tell = ephemeralOrDirect(deps, { client, channel, user: userId });
      const asker = () => whoAsks(deps, claim);
      await answering(deps, tell, delivery, () => startSent(deps, form, { asker, answer }));
      // A repeated delivery starts nothing, but wants its answer.
      await answer();
    }),
  );
}

const OUT_OF_DATE = 'This dialog is out of date. Close it and type the command again.';

/** The first call counts. */
function once<T>(act: (value?: T) => Promise<void>): (value?: T) => Promise<void> {
  let done: Promise<void> | undefined;
  return (value) => (done ??= act(value));
}
