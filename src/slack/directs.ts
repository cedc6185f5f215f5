import type { Answer, PeopleClient } from './people-client.ts';

/** Knows people's direct messages with the bot. */
export interface Directs {
  /** The conversation, which is opened when it is not known. */
  of(userId: string): Promise<Answer<string>>;
  /** The conversation as far as it is known. */
  known(userId: string): string | undefined;
  /** Slack said it in passing. */
  learn(userId: string, channel: string): void;
}

const MOST_REMEMBERED = 1000;

/** Conversations, each asked of Slack once: people keep theirs. */
export function createDirects(client: Pick<PeopleClient, 'openDirect'>): Directs {
  const known = new Map<string, string>();
  const learn = (userId: string, channel: string): void => {
    known.set(userId, channel);
    for (const oldest of known.keys()) if (known.size > MOST_REMEMBERED) known.delete(oldest);
  };
  return {
    of: async (userId) => {
      const channel = known.get(userId);
      if (channel !== undefined) return { kind: 'ok', value: channel };
      const opened = await client.openDirect(userId);
      if (opened.kind === 'ok') learn(userId, opened.value);
      return opened;
    },
    known: (userId) => known.get(userId),
    learn,
  };
}
