import type { Greeting } from '../engine/transport.ts';
import type { Host } from '../inventory/host.ts';
import { type ConnectOptions, connect, sayGoodbye } from './connection.ts';
import { fingerprint } from './host-keys.ts';
import { keyType } from './known-hosts.ts';

/** Connects to a host, logs in and hangs up; tells how far that came and how long it took. Does not throw. */
export async function greetHost(
  options: Pick<ConnectOptions, 'clock' | 'keepaliveMs'>,
  host: Host,
  signal: AbortSignal,
): Promise<Greeting> {
  const startedMs = options.clock.monotonicMs();
  const took = () => Math.round(options.clock.monotonicMs() - startedMs);
  const keys: Buffer[] = [];
  let reachedMs: number | null = null;
  const watch = {
    reached: () => {
      reachedMs ??= took();
    },
    keyShown: (key: Buffer) => {
      keys.push(Buffer.from(key));
    },
  };
  const connection = await connect(host, { ...options, giveUp: signal, watch });
  if ('kind' in connection) {
    // Of the keys that a host showed one after the other, a refusal tells of the first.
    return { reachedMs, hostKey: described(keys[0]), loggedInMs: null, failure: connection };
  }
  const loggedInMs = took();
  await sayGoodbye(connection, options.clock);
  return { reachedMs, hostKey: described(keys.at(-1)), loggedInMs, failure: null };
}

function described(key: Buffer | undefined): Greeting['hostKey'] {
  return key === undefined ? null : { type: keyType(key) ?? 'unreadable', fingerprint: fingerprint(key) };
}
