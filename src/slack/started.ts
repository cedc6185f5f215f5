import { OperatorError } from '../base/error.ts';
import type { RunId } from '../base/ids.ts';
import type { Message } from './limits.ts';
import type { Notifier } from './notifier.ts';
import { renderNotice } from './views/answers.ts';

/** What a run that has just started is shown with. */
export interface StartedDeps {
  readonly notifier: Notifier;
  /** The slash command's name, for what to do meanwhile. */
  readonly command: string;
}

/**
 * Shows a run that has started; undefined = its message is there. Throws request/invalid, with what to do, when the bot
 * cannot write where it was asked: the run goes on.
 */
export async function showStarted({ notifier, command }: StartedDeps, id: RunId): Promise<Message | undefined> {
  const shown = await notifier.showPatiently(id);
  if (shown.kind === 'ok') return undefined;
  const meanwhile = `Until then ${command} status ${id} shows the run.`;
  if (shown.kind !== 'refused')
    return renderNotice(`Run ${id} has started. Slack is slow to take its message. ${meanwhile}`);
  throw new OperatorError('request/invalid', {
    message: `run ${id} has started, but I cannot post here (${shown.error})`,
    hint: `Invite me to this channel; in a conversation that I cannot join, use a channel instead. ${meanwhile}`,
  });
}
