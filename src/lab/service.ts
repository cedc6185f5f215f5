/*
 * A backend service of a lab host: `node service.mjs PORT PIDFILE [--idle-ms N] [--batch-ms N] [--backlog N] [--stuck]`.
 * It is copied to the host as one file and therefore imports nothing of ours. Writes its process id to PIDFILE once it
 * listens; exit status 98 when the port is taken.
 *
 * --idle-ms: how long an idle connection is kept, 5 s unless told otherwise.
 * --batch-ms: requests are answered together, once in so many milliseconds, as by a service that works in batches.
 * --backlog: length of the accept queue, listen(2).
 * --stuck: it listens and never accepts, like a program whose event loop hangs.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';

const EXIT_PORT_TAKEN = 98;
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    'idle-ms': { type: 'string', default: '5000' },
    'batch-ms': { type: 'string', default: '0' },
    backlog: { type: 'string', default: '4096' },
    stuck: { type: 'boolean', default: false },
  },
});
const [port = '', pidFile = ''] = positionals;
const batchMs = Number(values['batch-ms']);
let batch: (() => void)[] = [];

const idleMs = Number(values['idle-ms']);
const idleTimers = new WeakMap<Socket, NodeJS.Timeout>();

const server = createServer((request, response) => {
  clearTimeout(idleTimers.get(request.socket));
  response.on('finish', () =>
    idleTimers.set(
      request.socket,
      setTimeout(() => request.socket.end(), idleMs),
    ),
  );
  request.resume();
  const body = `service on ${port}: ok\n`;
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
    response.end(body);
  };
  if (batchMs === 0) answer();
  else batch.push(answer);
});
// Node keeps a connection for up to a second longer than it is told (http: keepAliveTimeoutBuffer); 0 = not at all.
server.keepAliveTimeout = 0;
server.on('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(error.code === 'EADDRINUSE' ? EXIT_PORT_TAKEN : 1);
});
if (batchMs > 0) setInterval(answerBatch, batchMs);
server.listen({ port: Number(port), host: '127.0.0.1', backlog: Number(values.backlog) }, () => {
  writeFileSync(pidFile, `${process.pid}\n`);
  if (values.stuck) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});

function answerBatch(): void {
  const due = batch;
  batch = [];
  for (const answer of due) answer();
}
