/*
 * A client whose one outgoing connection has a service's port as its local port:
 * `node holder.mjs LOCAL_PORT PEER_PORT TRIES PIDFILE`. It is copied to the host as one file and imports nothing of ours.
 *
 * The kernel itself picks the port, as it does for any outgoing connection: for the moment of connect() the ephemeral
 * range is narrowed to that port (ip-sysctl: ip_local_port_range). So a reserved port is not taken, as in real life.
 * A request every two seconds keeps the connection from being closed as idle. SIGTERM ends it with a reset, which
 * leaves no TIME_WAIT behind on the port.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';
const PAUSE_MS = 100;
const [localPort = '', peerPort = '', tries = '', pidFile = ''] = process.argv.slice(2);

function connectOnce(): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(peerPort) });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => resolve(error.message));
  });
}

async function take(): Promise<Socket | string> {
  const range = readFileSync(RANGE, 'utf8');
  writeFileSync(RANGE, `${localPort} ${localPort}`);
  try {
    return await connectOnce();
  } finally {
    writeFileSync(RANGE, range);
  }
}

function hold(socket: Socket): void {
  const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${peerPort}\r\n\r\n`;
  socket.resume();
  socket.on('error', () => process.exit(0));
  socket.on('close', () => process.exit(0));
  socket.write(request);
  setInterval(() => socket.write(request), 2_000);
  process.on('SIGTERM', () => socket.resetAndDestroy());
  writeFileSync(pidFile, `${process.pid}\n`);
}

let problem = '';
for (let attempt = 0; attempt < Number(tries); attempt += 1) {
  const taken = await take();
  if (typeof taken !== 'string') {
    hold(taken);
    problem = '';
    break;
  }
  problem = taken;
  await delay(PAUSE_MS);
}
if (problem !== '') {
  process.stderr.write(
    `no outgoing connection could take port ${localPort}, which is in use or reserved: ${problem}\n`,
  );
  process.exit(1);
}
