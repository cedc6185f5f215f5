import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';
import { asRunId } from '../base/ids.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Channels } from './channels.ts';
import type { Message } from './limits.ts';
import type { Shown } from './live-client.ts';
import type { ShareSubmission } from './payload/share.ts';
import type { Permalinks } from './permalinks.ts';
import type { Posting } from './posting.ts';
import { renderNotice } from './views/answers.ts';
import { renderShared, renderSharedRun } from './views/share.ts';

/** What sharing works with. */
export interface SharingDeps {
  readonly engine: Engine;
  readonly channels: Channels;
  readonly permalinks: Permalinks;
  readonly posting: Posting;
  readonly command: string;
  readonly clock: Clock;
}

const PATIENCE_MS = 8000;
const PAUSE_MS = { least: 100, most: 1000 };
/** A dialog is sent within this of what it posts, redeliveries included. */
const SENT_WITHIN_MS = 600_000;

/**
 * Tells another channel of a run: once for each dialog, however often that is delivered. The answer is for the person who
 * shared it. Throws policy/not-permitted for channels that other organisations see, request/invalid with what to do where
 * the bot cannot write.
 */
export async function shareRun(deps: SharingDeps, share: ShareSubmission, asker: Asker): Promise<Message> {
  const { engine, command, clock } = deps;
  const { target, note } = share;
  const view = await engine.outline(asRunId(share.run));
  await requireInternal(deps, share);
  const message = renderSharedRun({
    view,
    person: asker.person,
    note,
    link: await linkFor(deps, share, view.run.channel),
    now: clock.now(),
    command,
  });
  const shown = await postPatiently(deps, share, message);
  if (shown.kind === 'ok') {
    await engine.shared({ ...asker, run: view.run.id, channel: target, note });
    return renderShared(share.run, target);
  }
  if (shown.kind === 'refused') throw refused(share.run, shown.error);
  return renderNotice(
    `Run ${share.run} is not shared yet: Slack takes no messages there just now. Share it again in a minute.`,
  );
}

/** What is in direct messages only one person can open. */
async function linkFor({ permalinks }: SharingDeps, { run, userId }: ShareSubmission, channel: string | null) {
  return channel?.startsWith('D') ? undefined : permalinks.of(`run:${run}`, userId);
}

async function requireInternal({ channels }: SharingDeps, { run, target }: ShareSubmission): Promise<void> {
  try {
    await channels.requireInternal(target);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw new OperatorError(error.code, {
      message: `run ${run} was not shared. About the channel that you chose: ${error.message}`,
      hint: 'Choose a channel that only this workspace sees and that I am in: to add me, type /invite and my name there.',
      cause: error,
    });
  }
}

/** Waits while Slack wants fewer calls, but not longer than some seconds. */
async function postPatiently(
  { posting, clock }: SharingDeps,
  { run, dialog, target }: ShareSubmission,
  message: Message,
): Promise<Shown> {
  const deadline = clock.monotonicMs() + PATIENCE_MS;
  const wanted = { subject: `share:${run}:${dialog}`, channel: target, message, how: 'urgent' } as const;
  for (;;) {
    const shown = await posting.show({ ...wanted, sinceMs: clock.now() - SENT_WITHIN_MS });
    if (shown.kind === 'ok' || shown.kind === 'refused' || clock.monotonicMs() >= deadline) return shown;
    await clock.sleep(Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, shown.afterMs)));
  }
}

function refused(run: number, error: string): OperatorError {
  return new OperatorError('request/invalid', {
    message: `run ${run} was not shared: I cannot write in that channel (${error})`,
    hint: HINTS[error] ?? 'Choose another channel.',
  });
}

/** What to do about Slack's refusals of chat.postMessage (docs.slack.dev/reference/methods/chat.postMessage). */
const HINTS: Readonly<Record<string, string>> = {
  not_in_channel: 'Type /invite and my name in that channel, then share the run again.',
  channel_not_found: 'Type /invite and my name in that channel, then share the run again.',
  is_archived: 'The channel is archived. Choose another one.',
  restricted_action: 'Only some people may write there. Choose another channel.',
};
