import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { must } from '../../src/lab/run.ts';
import { readState } from '../../src/lab/state.ts';
import { diagnosed, expectBetween, numberOf, textOf } from './diagnose.ts';
import { lookAtCounter } from './look.ts';

const HOST = 'web-1';
const PORT = 9000;

/** Runs a program of Node on a host until the lab goes down; returns when it says something. */
async function keepRunning(lab: Lab, program: string): Promise<void> {
  const script = `setsid /run/lab/node -e "$1" </dev/null >/run/lab/kept.log 2>&1 & until [ -s /run/lab/kept.log ]; do sleep 0.05; done`;
  await lab.exec(HOST, ['timeout', '10', 'sh', '-c', script, 'sh', program]);
}

/** A listener with a short queue, and connections to it that never become whole, because the answers are sent to nobody. */
async function halfOpen(lab: Lab): Promise<void> {
  const state = readState(lab.directory);
  const address = lab.hosts.find(({ name }) => name === HOST)?.address ?? '';
  const source = address.replace(/\d+$/, '200');
  const namespace = state?.network.namespace ?? '';
  await keepRunning(
    lab,
    `require('net').createServer().listen({ port: ${PORT}, host: '0.0.0.0', backlog: 8 }, () => console.log('up'))`,
  );
  await lab.exec(HOST, ['ip', 'neigh', 'replace', source, 'lladdr', '02:00:00:00:00:99', 'dev', 'eth0']);
  await must(['ip', '-n', namespace, 'addr', 'add', `${source}/32`, 'dev', 'switch']);
  const connects = `for (let i = 0; i < 100; i += 1)
    require('net').connect({ host: '${address}', port: ${PORT}, localAddress: '${source}' }).on('error', () => {});
  console.log('up'); setTimeout(() => process.exit(), 20_000);`;
  // It ends by itself, and with the namespace.
  await must([
    'ip',
    'netns',
    'exec',
    namespace,
    'sh',
    '-c',
    '"$0" -e "$1" >/dev/null 2>&1 &',
    process.execPath,
    connects,
  ]);
}

/** Connections that one side has closed and left, and the other keeps. */
const ORPHANS = `const net = require('net');
const kept = [];
const server = net.createServer((socket) => socket.destroy()).listen({ port: ${PORT}, backlog: 1000 }, () => {
  for (let i = 0; i < 700; i += 1) {
    const socket = net.connect({ host: '127.0.0.1', port: ${PORT}, allowHalfOpen: true });
    socket.on('error', () => {}).resume();
    kept.push(socket);
  }
  setTimeout(() => console.log('up'), 500);
});`;

describe('half-open connections, on a real host', () => {
  const on = diagnosed({
    hosts: [[], []],
    prepare: halfOpen,
    load: { ratePerHost: 30 },
    afterSeconds: 1,
    runbook: 'tcp-health',
    params: { interval: '3' },
  });

  it('are named as an overflow of the SYN queue, with the cookies that were sent', async () => {
    const { lab, host, complaints, finding } = on(0);
    expect(complaints).toEqual(['syn-cookies']);
    const sent = await lookAtCounter(lab, host, 'TcpExtSyncookiesSent');
    expect(sent).toBeGreaterThan(0);
    expectBetween(3 * numberOf(finding('syn-cookies'), /^SyncookiesSent$/), 1, 1.1 * sent);
    expect(textOf(finding('syn-cookies'))).toMatch(/Few of the cookies come back/);
  });

  it('are not seen where there are none', async () => {
    const { lab, host, complaints } = on(1);
    expect(complaints).toEqual([]);
    expect(await lookAtCounter(lab, host, 'TcpExtSyncookiesSent')).toBe(0);
  });
});

describe('half-closed connections, on a real host', () => {
  const on = diagnosed({
    hosts: [[], []],
    prepare: (lab) => keepRunning(lab, ORPHANS),
    load: { ratePerHost: 30 },
    afterSeconds: 1,
    runbook: 'sysctl-audit',
    params: { interval: '2' },
  });

  it('are told from TIME_WAIT, though the kernel counts both together', async () => {
    const { lab, host, finding, before } = on(0);
    const found = finding('orphaned-fin-wait');
    const { stdout } = await lab.exec(host, ['/run/lab/ss', '-Htan', 'state', 'fin-wait-2']);
    const orphans = stdout.trim().split('\n').length;
    expect(orphans).toBeGreaterThan(500);
    expectBetween(numberOf(found, /FIN.WAIT.2/i), 0.9 * orphans, 1.2 * orphans);
    expect(before.total).toBeLessThan(100);
    expect(textOf(found)).toMatch(/unlike for TIME_WAIT, tcp_fin_timeout is what decides/);
  });

  it('are not seen where there are none', () => {
    expect(on(1).concluded).not.toContain('orphaned-fin-wait');
  });
});
