import type { Condition } from '../base/condition.ts';
import { type Intake, passiveReceiver } from './intake.ts';
import { createKeptSocket, type KeptSocket, type KeptSocketDeps } from './kept-socket.ts';

/** Two sockets, so that one is there while Slack refreshes the other: each delivery goes to any one of them. */
const SOCKETS = 2;
/** How long the first connection waits for the other before the bot goes to work. */
const OTHERS_MS = 2000;

/** Deliveries over Socket Mode: Slack needs no address of ours. */
export function createSocketIntake(deps: KeptSocketDeps): Intake {
  const sockets = Array.from({ length: SOCKETS }, () => createKeptSocket(deps));
  const stop = async (): Promise<void> => {
    await Promise.all(sockets.map((socket) => socket.stop()));
  };
  return {
    receiver: passiveReceiver((app) => {
      for (const socket of sockets) socket.init(app);
    }),
    prepare: async () => {},
    open: async () => {
      const opening = sockets.map((socket) => socket.open());
      const all = Promise.allSettled(opening);
      await Promise.race(opening);
      const waiting = new AbortController();
      await Promise.race([all, deps.clock.sleep(OTHERS_MS, waiting.signal).catch(() => {})]);
      waiting.abort();
    },
    stop,
    close: stop,
    condition: () => conditionOf(sockets),
  };
}

function conditionOf(sockets: readonly KeptSocket[]): Condition {
  const connected = sockets.filter(({ isConnected }) => isConnected).length;
  const trouble = sockets.map((socket) => socket.trouble).find((words) => words !== undefined);
  const words = `${connected} of ${sockets.length} sockets are connected`;
  return { ok: connected > 0, words: trouble === undefined ? words : `${words}; the last try failed: ${trouble}` };
}
