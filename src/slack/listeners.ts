import type { App } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { Asker } from '../engine/asker.ts';
import { answering, type AnsweringDeps, ephemeral, respondingOrEphemeral, tellError } from './answering.ts';
import { answerClick } from './clicks.ts';
import { answerCommand, type CommandDeps } from './commands.ts';
import { approveConfirmed, askForConfirmation, type Modals, readConfirmation } from './confirming.ts';
import type { Claim, Identity } from './identity.ts';
import type { InFlight } from './in-flight.ts';
import { parseClick, subjectOfClick } from './payload/click.ts';
import { parseCommand } from './payload/command.ts';
import { parseSubmission } from './payload/submission.ts';
import type { UserGroups } from './user-groups.ts';
import { CONFIRM } from './views/confirm.ts';

/** What listeners work with. */
export interface ListenerDeps extends CommandDeps, AnsweringDeps {
  readonly identity: Identity;
  readonly userGroups: UserGroups;
  readonly inFlight: InFlight;
  zoneOffsetMinutes(userId: string): Promise<number | undefined>;
}

/** Registers the slash command, the buttons and the dialog: acknowledge first, then parse, claim the delivery, and ask the engine. */
export function addListeners(app: App, deps: ListenerDeps): void {
  listenToCommand(app, deps);
  listenToClicks(app, deps);
  listenToConfirmations(app, deps);
}

function listenToCommand(app: App, deps: ListenerDeps): void {
  app.command(deps.command, ({ ack, body, respond, client }) =>
    deps.inFlight.track(async () => {
      await ack();
      const typed = parseCommand(body);
      if (!typed) return;
      const { channel, userId, teamId, text } = typed;
      const tell = respondingOrEphemeral(deps, { respond, client, channel, user: userId });
      const word = /^\s*(\S*)/.exec(text)?.[1] ?? '';
      const claim = { userId, teamId, wish: `${deps.command} ${word}`, subject: `command:${word}` };
      await answering(deps, tell, typed.delivery, () =>
        answerCommand(deps, text, {
          channel,
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
      const tell = respondingOrEphemeral(deps, { respond, client, channel, user: userId });
      const asker = (): Promise<Asker> =>
        whoAsks(deps, { userId, teamId, wish: action, subject: subjectOfClick(click) });
      if (action === CONFIRM.callback) {
        await tellError(deps, tell, () => askForConfirmation(deps, click, modalsOf(client), asker));
        return;
      }
      await answering(deps, tell, click.delivery, async () => {
        await answerClick(deps, click, await asker());
        return undefined;
      });
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
      const tell = ephemeral(deps, { client, channel: confirmation.channel, user: userId });
      // What was mistyped is told in the dialog, and goes on only to be recorded.
      await answering(deps, problem === undefined ? tell : async () => {}, sent.delivery, async () => {
        const asker = await whoAsks(deps, { userId, teamId, wish: CONFIRM.callback, subject });
        await approveConfirmed(deps, confirmation, asker);
        return undefined;
      });
    }),
  );
}

/** The person behind a delivery, with what their roles rest on as fresh as Slack gives it. */
async function whoAsks({ identity, userGroups }: ListenerDeps, claim: Claim): Promise<Asker> {
  const [asker] = await Promise.all([identity.asker(claim), userGroups.freshen(claim.userId)]);
  return asker;
}

function modalsOf(client: App['client']): Modals {
  return {
    open: async (trigger_id: string, view: ModalView) => {
      const { view: opened } = await client.views.open({ trigger_id, view });
      if (opened?.id === undefined) throw new Error('Slack did not say which view it opened');
      return opened.id;
    },
    update: async (view_id: string, view: ModalView) => {
      await client.views.update({ view_id, view });
    },
  };
}
