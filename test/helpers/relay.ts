import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay on a free port of 127.0.0.1, to count, cut and freeze connections. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  accepted(): number;
  /** Breaks all connections. */
  cut(): void;
  /** Stops passing bytes on, without closing anything. */
  freeze(): void;
}

/** A relay to a port of 127.0.0.1. */
export async function startRelay(toPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((near) => {
    accepted += 1;
    const far = connect(toPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    accepted: () => accepted,
    cut,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
