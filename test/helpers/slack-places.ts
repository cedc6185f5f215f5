import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Ids, systemIds } from '../../src/base/ids.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { startTestSandbox } from './sandbox.ts';

/** A sandbox that can go away and come back at the same address, with the tokens that it had. */
export interface ComingAndGoing {
  readonly sandbox: Sandbox;
  leave(): Promise<void>;
  /** Comes back, having forgotten everything; with other tokens when told so. */
  comeBack(how?: { readonly otherTokens?: boolean }): Promise<Sandbox>;
}

/** Starts a sandbox that can go and come; it ends with the test. */
export async function startComingAndGoing(options: Partial<SandboxOptions> = {}): Promise<ComingAndGoing> {
  const known = [systemIds.nonce(), systemIds.nonce()];
  let sandbox = await startTestSandbox({ ...options, ids: idsBeginningWith(known) });
  const port = Number(new URL(sandbox.slackApiUrl).port);
  onTestFinished(() => sandbox.stop());
  return {
    get sandbox() {
      return sandbox;
    },
    leave: () => sandbox.stop(),
    comeBack: async ({ otherTokens = false } = {}) => {
      sandbox = await startTestSandbox({ ...options, port, ...(otherTokens ? {} : { ids: idsBeginningWith(known) }) });
      return sandbox;
    },
  };
}

/** Randomness whose first nonces are known: a sandbox makes its tokens of them. */
function idsBeginningWith(nonces: readonly string[]): Ids {
  const left = [...nonces];
  return { ...systemIds, nonce: () => left.shift() ?? systemIds.nonce() };
}

/** A port at which connections are taken and nothing is ever answered; it ends with the test. */
export async function startSilence(): Promise<{ readonly apiUrl: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { apiUrl: `http://127.0.0.1:${portOf(server)}/api/` };
}

/** A way to a port of 127.0.0.1 on which bytes can be held up, on connections to come as well; it ends with the test. */
export async function startHoldable(toPort: number): Promise<{ readonly apiUrl: string; hold(): void }> {
  const sockets = new Set<Socket>();
  let isHeld = false;
  const server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1');
    for (const socket of [near, far])
      sockets.add(socket.on('error', () => {}).on('close', () => destroyAll(near, far)));
    if (isHeld) return;
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    destroyAll(...sockets);
  });
  return {
    apiUrl: `http://127.0.0.1:${portOf(server)}/api/`,
    hold: () => {
      isHeld = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

function destroyAll(...sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Rejections that nobody handles from now on, each of which would end a process. */
export function watchRejections(): readonly unknown[] {
  const seen: unknown[] = [];
  const note = (reason: unknown): void => void seen.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return seen;
}
