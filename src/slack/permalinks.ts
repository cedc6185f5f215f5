import type { MessageStore } from '../engine/ports.ts';
import type { Directs } from './directs.ts';
import type { PeopleClient } from './people-client.ts';

/** Finds the addresses of our own messages. */
export interface Permalinks {
  /**
   * The address of the message about a subject such as `proposal:41-1`; undefined while there is none, and when it is in
   * direct messages, unless they are this reader's.
   */
  of(subject: string, reader?: string): Promise<string | undefined>;
}

const MOST_REMEMBERED = 1000;

/** Addresses, each asked of Slack once: a message keeps its own. */
export function createPermalinks(deps: {
  readonly messages: MessageStore;
  readonly client: Pick<PeopleClient, 'permalink'>;
  readonly directs: Pick<Directs, 'known'>;
}): Permalinks {
  const known = new Map<string, string>();
  return {
    of: async (subject, reader) => {
      const record = await deps.messages.find(subject);
      if (!record?.ts) return undefined;
      const own = reader === undefined ? undefined : deps.directs.known(reader);
      if (record.channel.startsWith('D') && record.channel !== own) return undefined;
      const place = `${record.channel} ${record.ts}`;
      const remembered = known.get(place);
      if (remembered !== undefined) return remembered;
      const asked = await deps.client.permalink(record.channel, record.ts);
      if (asked.kind !== 'ok') return undefined;
      known.set(place, asked.value);
      for (const oldest of known.keys()) if (known.size > MOST_REMEMBERED) known.delete(oldest);
      return asked.value;
    },
  };
}
