import type { Clock } from '../base/clock.ts';
import type { Changes } from './changes.ts';

/** One frame or call between the bot and the sandbox, as it went over the wire, without tokens. */
interface TrafficEntry {
  /** Counted from 1 since the sandbox started or was reset. */
  readonly n: number;
  readonly atMs: number;
  readonly from: 'bot' | 'sandbox';
  /** `chat.update`, `frame slash_commands`, `ack`, `response_url`, … */
  readonly what: string;
  readonly body: unknown;
  /** For calls: the HTTP status and the answer. */
  readonly status?: number;
  readonly answer?: unknown;
}

/** The last thousand entries of raw traffic. */
export interface Traffic {
  record(entry: Omit<TrafficEntry, 'n' | 'atMs'>): void;
  /** Entries after number `after`, oldest first. */
  since(after: number): readonly TrafficEntry[];
  clear(): void;
}

const KEPT_ENTRIES = 1000;

/** An empty log. */
export function createTraffic(deps: { clock: Clock; changes: Changes }): Traffic {
  let entries: TrafficEntry[] = [];
  let n = 0;
  return {
    record: (entry) => {
      n += 1;
      entries.push({ n, atMs: deps.clock.now(), ...entry });
      if (entries.length > KEPT_ENTRIES) entries = entries.slice(-KEPT_ENTRIES);
      deps.changes.emit({ kind: 'traffic' });
    },
    since: (after) => entries.filter((entry) => entry.n > after),
    clear: () => {
      entries = [];
      n = 0;
    },
  };
}
