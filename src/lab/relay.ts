/*
 * Passes connections on to another network namespace of a lab host, as a container engine does for a published port:
 * `node relay.mjs PORT TARGET_ADDRESS TARGET_PORT PIDFILE`. It is copied to the host as one file and imports nothing of
 * ours. Writes its process id to PIDFILE once it listens.
 */
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const [port = '', address = '', targetPort = '', pidFile = ''] = process.argv.slice(2);

const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const target = connect({ host: address, port: Number(targetPort), noDelay: true, allowHalfOpen: true });
  pipeline(client, target, client, () => {
    client.destroy();
    target.destroy();
  });
});
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.listen({ port: Number(port), host: '0.0.0.0', backlog: 4096 }, () => writeFileSync(pidFile, `${process.pid}\n`));
