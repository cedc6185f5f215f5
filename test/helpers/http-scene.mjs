// HTTP backends that its argument (JSON) names, each with its habit; prints "ready" and serves until stdin ends.
import http from 'node:http';
import net from 'node:net';

const scene = JSON.parse(process.argv[2]);
const listening = (server, { host = '127.0.0.1', port }) =>
  new Promise((resolve, reject) => server.on('error', reject).listen({ host, port }, resolve));

for (const backend of scene) {
  if (backend.raw !== undefined) {
    // Answers whatever comes with these words; `end` closes at once.
    const server = net.createServer((socket) => {
      socket
        .on('error', () => {})
        .once('data', () => (backend.end ? socket.end(backend.raw) : socket.write(backend.raw)));
    });
    await listening(server, backend);
    continue;
  }
  const server = http.createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end('ok\n'), backend.answerMs ?? 0);
  });
  server.keepAliveTimeout = backend.idleMs ?? 5000;
  if (backend.idleMs === 0) server.on('request', (_, response) => response.setHeader('connection', 'close'));
  await listening(server, backend);
}

process.stdout.write('ready\n');
process.stdin.on('end', () => process.exit(0)).resume();
