/*
 * A backend service of a lab host: `node service.mjs PORT PIDFILE`. It is copied to the host as one file and therefore
 * imports nothing of ours. Writes its process id to PIDFILE once it listens; exit status 98 when the port is taken.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const EXIT_PORT_TAKEN = 98;
const [port = '', pidFile = ''] = process.argv.slice(2);

const server = createServer((request, response) => {
  request.resume();
  const body = `service on ${port}: ok\n`;
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
});
server.keepAliveTimeout = 5_000;
server.on('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(error.code === 'EADDRINUSE' ? EXIT_PORT_TAKEN : 1);
});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }, () => {
  writeFileSync(pidFile, `${process.pid}\n`);
});
