import type { App } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { asRunId, type RunId } from '../base/ids.ts';
import { type AnsweringDeps, operatorErrorOf, respondingOrEphemeral, tellError } from './answering.ts';
import type { CommandDeps } from './commands/subcommand.ts';
import type { InFlight } from './in-flight.ts';
import { SHOW_RUN } from './manifest.ts';
import { type Modals, modalsOf } from './modals.ts';
import { type MessageShortcut, parseMessageShortcut } from './payload/shortcut.ts';
import { renderNoRun, renderRunModal, renderRunModalRefused, renderRunModalWaiting } from './views/run-modal.ts';
import { type WhoAsksDeps, whoAsks } from './who-asks.ts';

/** What message shortcuts work with. */
export interface ShortcutDeps extends AnsweringDeps, WhoAsksDeps, Pick<CommandDeps, 'engine' | 'command'> {
  readonly inFlight: InFlight;
}

/** Registers the message shortcut "Show run". */
export function addShortcutListeners(app: App, deps: ShortcutDeps): void {
  app.shortcut({ callback_id: SHOW_RUN, type: 'message_action' }, ({ ack, body, client, respond }) =>
    deps.inFlight.track(async () => {
      await ack();
      const shortcut = parseMessageShortcut(body);
      if (!shortcut) return;
      const { channel, userId } = shortcut;
      const tell = respondingOrEphemeral(deps, { respond, client, channel, user: userId });
      await tellError(deps, tell, () => showRun(deps, shortcut, modalsOf(client)));
    }),
  );
}

/**
 * Shows the run that a message is about. A trigger lives three seconds, so the modal is opened first; who asks is found
 * out then, and told in the modal when it is nothing for them. Whether a message is ours, the store says.
 */
async function showRun(deps: ShortcutDeps, shortcut: MessageShortcut, modals: Modals): Promise<void> {
  const view = await modals.open(shortcut.trigger, renderRunModalWaiting());
  await modals.update(view, await answerTo(deps, shortcut));
}

async function answerTo(deps: ShortcutDeps, shortcut: MessageShortcut): Promise<ModalView> {
  const { engine, clock, command } = deps;
  const { userId, teamId, channel } = shortcut;
  try {
    const id = await runAt(deps, shortcut);
    const subject = id === undefined ? 'message:other' : `run:${id}`;
    await whoAsks(deps, { userId, teamId, wish: SHOW_RUN, subject, channel });
    if (id === undefined) return renderNoRun(command);
    return renderRunModal({ view: await engine.outline(id), now: clock.now(), command });
  } catch (error) {
    return renderRunModalRefused(operatorErrorOf(error, deps.logger));
  }
}

/** The run that a message, or the thread that it is in, is about. */
async function runAt(
  { messages }: ShortcutDeps,
  { channel, ts, threadTs }: MessageShortcut,
): Promise<RunId | undefined> {
  const subject =
    (await messages.subjectAt(channel, ts)) ??
    (threadTs === undefined ? undefined : await messages.subjectAt(channel, threadTs));
  const [, run] = /^(?:run|raw|share|proposal|plan|break-glass|notice):(\d+)(?:[-:]|$)/.exec(subject ?? '') ?? [];
  return run === undefined ? undefined : asRunId(Number(run));
}
