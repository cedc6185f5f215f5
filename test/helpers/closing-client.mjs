// Opens `count` connections to host:port one after the other and closes each of them first, then prints how they went as JSON.
// With `pauseMs` it prints "begun" after the first one and goes on until it is ended.
import net from 'node:net';

const { host, port, count = Number.POSITIVE_INFINITY, pauseMs = 0 } = JSON.parse(process.argv[2]);
const outcome = { opened: 0, refused: 0 };

for (let i = 0; i < count; i++) {
  await new Promise((resolve) => {
    const socket = net.connect({ host, port });
    socket.on('connect', () => {
      outcome.opened++;
      socket.end();
    });
    socket.on('error', ({ code }) => {
      if (code !== 'EADDRNOTAVAIL') throw new Error(code);
      outcome.refused++;
    });
    socket.on('close', resolve).resume();
  });
  if (pauseMs > 0 && i === 0) process.stdout.write('begun\n');
  if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
process.stdout.write(`${JSON.stringify(outcome)}\n`);
