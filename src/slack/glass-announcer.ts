import type { Clock } from '../base/clock.ts';
import type { ProposalId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { Posting } from './posting.ts';
import { renderBrokenGlass } from './views/broken-glass.ts';

/** What announcing broken glass works with. */
export interface GlassAnnouncerDeps {
  readonly engine: Engine;
  readonly messages: MessageStore;
  readonly policy: Policy;
  readonly posting: Posting;
  /** The slash command, for how to close the review. */
  readonly command: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the announcements of broken glass true to what is stored. */
export interface GlassAnnouncer {
  /** Posts what was broken since, wherever it was, and shows reviews that were closed. One call at a time. */
  announce(): Promise<void>;
}

const AT_ONCE = 20;
/** What Slack refuses, because the bot was not invited for example, is tried again after this. */
const REFUSED_PAUSE_MS = 60_000;

/** Revisions of an announcement, as the store counts them: broken, then reviewed. */
const REVISIONS = { open: 1, reviewed: 2 } as const;

/** An announcer that remembers what Slack refused. */
export function createGlassAnnouncer(deps: GlassAnnouncerDeps): GlassAnnouncer {
  const pausedUntilMs = new Map<ProposalId, number>();
  const { messages, policy, clock, logger } = deps;
  return {
    announce: async () => {
      const channel = policy.breakGlassChannel;
      if (channel === undefined) return;
      for (const id of await messages.outdatedGlass(AT_ONCE + pausedUntilMs.size)) {
        if ((pausedUntilMs.get(id) ?? 0) > clock.monotonicMs()) continue;
        const refusal = await show(deps, channel, id);
        pausedUntilMs.delete(id);
        if (refusal === undefined) continue;
        pausedUntilMs.set(id, clock.monotonicMs() + REFUSED_PAUSE_MS);
        logger.error('broken glass could not be announced', { proposal: id, channel, error: refusal });
      }
    },
  };
}

/** Shows one announcement as it is stored; the result is why Slack refuses it. */
async function show(
  { engine, messages, posting, command }: GlassAnnouncerDeps,
  channel: string,
  id: ProposalId,
): Promise<string | undefined> {
  const glass = await engine.brokenGlass(id);
  if (!glass) return undefined;
  const subject = `break-glass:${id}`;
  const message = renderBrokenGlass({ glass, proposal: await engine.proposal(id), command });
  const shown = await posting.show({ subject, channel, message, sinceMs: glass.at, how: 'urgent' });
  if (shown.kind === 'refused') return shown.error;
  if (shown.kind === 'ok')
    await messages.rendered(subject, channel, glass.review ? REVISIONS.reviewed : REVISIONS.open);
  return undefined;
}
