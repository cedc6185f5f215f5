// Makes the listeners and connections that its argument (JSON) names, prints "ready", and holds them until stdin ends.
import net from 'node:net';

const scene = JSON.parse(process.argv[2]);
const held = [];
const servers = new Map();

for (const { host, port, ipv6Only } of scene.listen ?? []) {
  const server = net.createServer((socket) => held.push(socket.on('error', () => {})));
  await new Promise((resolve, reject) => server.on('error', reject).listen({ host, port, ipv6Only }, resolve));
  servers.set(port, server);
}
for (const options of scene.connect ?? []) {
  await new Promise((resolve, reject) => held.push(net.connect(options, resolve).on('error', reject)));
}
for (const port of scene.stop ?? []) servers.get(port).close();

process.stdout.write('ready\n');
process.stdin.on('end', () => process.exit(0)).resume();
