import type { App } from '@slack/bolt';
import type { Asker } from '../engine/asker.ts';
import { type AnsweringDeps, answering, ephemeral, inPerson, respondingOrEphemeral, tellError } from './answering.ts';
import { answerClick } from './clicks.ts';
import type { CommandDeps } from './commands/subcommand.ts';
import { answerCommand } from './commands.ts';
import { approveConfirmed, readConfirmation } from './confirming.ts';
import { addDialogListeners, type DialogListenerDeps } from './dialog-listeners.ts';
import { addHomeListeners, type HomeListenerDeps } from './home-listeners.ts';
import type { InFlight } from './in-flight.ts';
import { modalsOf } from './modals.ts';
import { dialogOf, type OpeningDeps } from './opening.ts';
import { parseClick, subjectOfClick } from './payload/click.ts';
import { parseCommand } from './payload/command.ts';
import { parseSubmission } from './payload/submission.ts';
import { addPickerListeners } from './picker-listeners.ts';
import { addShortcutListeners } from './shortcuts.ts';
import { CONFIRM } from './views/confirm.ts';
import { type WhoAsksDeps, whoAsks } from './who-asks.ts';

/** What listeners work with. */
export interface ListenerDeps
  extends CommandDeps,
    AnsweringDeps,
    WhoAsksDeps,
    HomeListenerDeps,
    DialogListenerDeps,
    OpeningDeps {
  readonly inFlight: InFlight;
  zoneOffsetMinutes(userId: string): Promise<number | undefined>;
}

/** Registers the slash command, the buttons and the dialog: acknowledge first, then parse, claim the delivery, and ask the engine. */
export function addListeners(app: App, deps: ListenerDeps): void {
  listenToCommand(app, deps);
  listenToClicks(app, deps);
  listenToConfirmations(app, deps);
  addHomeListeners(app, deps);
  addShortcutListeners(app, deps);
  addDialogListeners(app, deps);
  addPickerListeners(app, deps);
}

function listenToCommand(app: App, deps: ListenerDeps): void {
  app.command(deps.command, ({ ack, body, respond, client }) =>
    deps.inFlight.track(async () => {
      await ack();
      const typed = parseCommand(body);
      if (!typed) return;
      const { channel, userId, teamId, text } = typed;
      const tell = respondingOrEphemeral(deps, { respond, client, channel, user: userId });
      const modals = modalsOf(client);
      const word = /^\s*(\S*)/.exec(text)?.[1] ?? '';
      const claim = { userId, teamId, wish: `${deps.command} ${word}`, subject: `command:${word}`, channel };
      await answering(deps, tell, typed.delivery, () =>
        answerCommand(deps, text, {
          channel,
          tell,
          dialog: { ...modals, open: (view) => modals.open(typed.delivery, view) },
          asker: () => whoAsks(deps, claim),
          zoneOffsetMinutes: () => deps.zoneOffsetMinutes(userId),
        }),
      );
    }),
  );
}

function listenToClicks(app: App, deps: ListenerDeps): void {
  app.action(/^(?:proposal|run)_[a-z]+$/, ({ ack, body, respond, client }) =>
    deps.inFlight.track(async () => {
      await ack();
      const click = parseClick(body);
      if (!click) return;
      const { channel, userId, teamId, action } = click;
      const tell =
        channel === null
          ? inPerson(deps, { client, user: userId, trigger: click.delivery })
          : respondingOrEphemeral(deps, { respond, client, channel, user: userId });
      const asker = (): Promise<Asker> =>
        whoAsks(deps, { userId, teamId, wish: action, subject: subjectOfClick(click), channel });
      const dialog = dialogOf(action);
      if (dialog) {
        await tellError(deps, tell, () => dialog(deps, { click, modals: modalsOf(client), asker }));
        return;
      }
      await answering(deps, tell, click.delivery, async () => answerClick(deps, click, await asker()));
      if (channel === null) await deps.homes.refresh(userId);
    }),
  );
}

function listenToConfirmations(app: App, deps: ListenerDeps): void {
  app.view(CONFIRM.callback, ({ ack, body, client }) =>
    deps.inFlight.track(async () => {
      const sent = parseSubmission(body);
      if (!sent) return ack();
      const { userId, teamId } = sent;
      const confirmation = await readConfirmation(deps, sent).catch(() => undefined);
      const problem = confirmation ? confirmation.problem : 'This dialog is out of date. Close it and click again.';
      if (problem === undefined) await ack();
      else await ack({ response_action: 'errors', errors: { [CONFIRM.block]: problem } });
      if (!confirmation) return;
      const subject = `proposal:${confirmation.proposal}`;
      const { channel } = confirmation;
      const tell =
        channel === null
          ? inPerson(deps, { client, user: userId, trigger: sent.delivery })
          : ephemeral(deps, { client, channel, user: userId });
      // What was mistyped is told in the dialog, and goes on only to be recorded.
      await answering(deps, problem === undefined ? tell : async () => {}, sent.delivery, async () => {
        const asker = await whoAsks(deps, { userId, teamId, wish: CONFIRM.callback, subject, channel });
        await approveConfirmed(deps, confirmation, asker);
        return undefined;
      });
      if (channel === null) await deps.homes.refresh(userId);
    }),
  );
}
