import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';

/*
 * What is done in a channel is seen by everybody in it, and a channel may be shared with other organisations (Slack
 * Connect), whose people can also use what they see (docs.slack.dev/apis/slack-connect). Whether it is, conversations.info
 * says: docs.slack.dev/reference/objects/conversation-object.
 */

/** Knows which channels other organisations see. */
export interface Channels {
  /** Throws policy/not-permitted when the channel is shared or is about to be, and when Slack does not say. */
  requireInternal(channel: string): Promise<void>;
}

/** Asks Slack about a channel; the answer is not trusted until parsed. Rejects with Slack's error. */
export type LookUpChannel = (channel: string) => Promise<unknown>;

type Audience = 'internal' | 'shared' | 'unseen' | 'unscoped' | 'unknown';

/** Being shared changes rarely, and clicks come in bursts; nothing else is remembered. */
const REMEMBERED_MS = 30_000;
const MOST_REMEMBERED = 500;

const ChannelInfo = z.object({
  channel: z.object({
    id: z.string(),
    is_ext_shared: z.boolean(),
    is_pending_ext_shared: z.boolean().optional(),
    pending_connected_team_ids: z.array(z.string()).optional(),
  }),
});
const Refusal = z.object({ data: z.object({ error: z.string() }) });

/** The channels of a workspace. */
export function createChannels({ lookUp, clock }: { readonly lookUp: LookUpChannel; readonly clock: Clock }): Channels {
  /** When a channel was last known to be ours alone, on the monotonic clock. */
  const internalMs = new Map<string, number>();
  return {
    requireInternal: async (channel) => {
      // Direct messages with the bot are seen by one person, and who they are is asked anyway.
      if (channel.startsWith('D')) return;
      const now = clock.monotonicMs();
      if (now - (internalMs.get(channel) ?? Number.NEGATIVE_INFINITY) < REMEMBERED_MS) return;
      const audience = await audienceOf(lookUp, channel);
      internalMs.delete(channel);
      if (audience !== 'internal') throw refused(audience);
      internalMs.set(channel, now);
      for (const oldest of internalMs.keys()) if (internalMs.size > MOST_REMEMBERED) internalMs.delete(oldest);
    },
  };
}

async function audienceOf(lookUp: LookUpChannel, id: string): Promise<Audience> {
  try {
    const channel = ChannelInfo.safeParse(await lookUp(id)).data?.channel;
    if (channel?.id !== id) return 'unknown';
    const pending = channel.is_pending_ext_shared === true || (channel.pending_connected_team_ids ?? []).length > 0;
    return channel.is_ext_shared || pending ? 'shared' : 'internal';
  } catch (error) {
    const refusal = Refusal.safeParse(error).data?.data.error;
    return refusal === 'channel_not_found' ? 'unseen' : refusal === 'missing_scope' ? 'unscoped' : 'unknown';
  }
}

function refused(audience: Exclude<Audience, 'internal'>): OperatorError {
  const [message, hint] = REFUSED[audience];
  return new OperatorError('policy/not-permitted', { message, hint });
}

const REFUSED: Readonly<Record<Exclude<Audience, 'internal'>, readonly [message: string, hint: string]>> = {
  shared: [
    'this channel is shared with another organisation, so nothing is done from here: its people would see the hosts',
    'Use a channel of this workspace alone, or your direct messages with me.',
  ],
  unseen: [
    'I do not see this channel, so I cannot tell whether another organisation reads it, and nothing was done',
    'Invite me to it and try again, or use your direct messages with me.',
  ],
  unscoped: [
    'Slack does not let me see whether this channel is shared with another organisation, so nothing was done',
    'The app needs the scopes channels:read and groups:read. Until it has them, use your direct messages with me.',
  ],
  unknown: [
    'Slack could not say whether this channel is shared with another organisation, so nothing was done',
    'Try again.',
  ],
};
