import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { expect, it, onTestFinished } from 'vitest';
import { changeScript, readScript } from '../../src/base/command.ts';
import { systemClock } from '../../src/base/clock.ts';
import { asHostName } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Host } from '../../src/inventory/host.ts';
import { readSentLine } from '../../src/ssh/sent-line.ts';
import { createKeyPair, type ExecRequest, startSshServer } from '../../src/ssh/server.ts';
import { testGrant } from '../helpers/grant.ts';
import { testHost } from '../helpers/sshd.ts';
import { transportWith } from '../helpers/ssh-transport.ts';

/** A server that runs commands with this, and a host of the inventory that is it. */
async function served(exec: (request: ExecRequest) => Promise<number>): Promise<Host> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [client, key] = [createKeyPair(), createKeyPair()];
  const identityFile = join(directory, 'key');
  writeFileSync(identityFile, client.privateKey, { mode: 0o600 });
  const login = { user: 'somebody', authorizedKey: client.publicKey, hostKey: key.privateKey };
  const server = await startSshServer({ logger: silentLogger, ...login, exec });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const address = { address: '127.0.0.1', port: server.port };
  return testHost({ name: asHostName('web-1'), ...address, user: 'somebody', hostKey: key.publicKey, identityFile });
}

const options = () => ({ signal: new AbortController().signal, timeoutMs: 5000 });
const grantFor = (host: Host) => testGrant([host.name], systemClock.now() + 60_000);

it('makes keys that can be used, each of them', () => {
  const keys = Array.from({ length: 1500 }, createKeyPair).flatMap(({ privateKey, publicKey }) => [
    privateKey,
    publicKey,
  ]);
  expect(keys.map((key) => ssh2.utils.parseKey(key)).filter((key) => key instanceof Error)).toEqual([]);
});

it('hears the exit status of a command that ends at once, and both its streams', async () => {
  const host = await served(async ({ stdout, stderr }) => {
    stdout('out');
    stderr('err');
    return 3;
  });
  await using transport = transportWith();
  for (let time = 0; time < 5; time += 1) {
    const outcome = await transport.change(host, changeScript('true'), grantFor(host), options());
    expect(outcome).toEqual({ kind: 'ok', exitCode: 3, stdout: 'out', stderr: 'err' });
  }
});

it('takes a line of a hundred thousand bytes', async () => {
  const lengths: number[] = [];
  const host = await served(async ({ line }) => {
    const sent = readSentLine(line);
    lengths.push(sent?.kind === 'change' ? (sent.argv.at(-1)?.length ?? 0) : 0);
    return 0;
  });
  await using transport = transportWith();
  const long = Array.from({ length: 100_000 }, (_, index) => (index * 7919).toString(36).at(-1)).join('');
  expect(await transport.change(host, changeScript('true', [long]), grantFor(host), options())).toMatchObject({
    kind: 'ok',
    exitCode: 0,
  });
  expect(lengths).toEqual([100_000]);
});

it('ends a command when the client ends it', async () => {
  const ended: boolean[] = [];
  const host = await served(async ({ signal }) => {
    await systemClock.sleep(60_000, signal).catch(() => ended.push(signal.aborted));
    return 0;
  });
  await using transport = transportWith();
  const step = { id: 'slow', command: readScript('sleep 60'), timeoutMs: 60_000 };
  const outcome = await transport.read(host, [step], { signal: AbortSignal.timeout(200) });
  expect(outcome).toMatchObject({ kind: 'cancelled', steps: [] });
  expect(ended).toEqual([true]);
});

it('lets nobody in with another key, or under another name', async () => {
  const host = await served(async () => 0);
  const other = await served(async () => 0);
  await using transport = transportWith();
  const { signal } = options();
  for (const wrong of [{ identityFile: other.identityFile ?? '' }, { user: 'root' }]) {
    const { failure } = await transport.greet({ ...host, ...wrong }, { signal });
    expect(failure?.kind).toBe('auth_failed');
  }
  expect((await transport.greet(host, { signal })).failure).toBeNull();
});
