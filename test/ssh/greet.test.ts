import { createServer } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { never } from '../helpers/read-steps.ts';
import { transportWith } from '../helpers/ssh-transport.ts';
import { freePort, keygen, startSshd, type TestSshd } from '../helpers/sshd.ts';

describe('greeting a host over SSH', () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'rsa'] });
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });

  const greet = async (overrides: Parameters<TestSshd['host']>[0]) => {
    await using transport = transportWith();
    return await transport.greet(sshd.host(overrides), { signal: never });
  };

  test('tells the type of the trusted key, and runs nothing', async () => {
    const greeting = await greet({ hostKey: sshd.publicKey('rsa') });
    expect(greeting).toMatchObject({ failure: null, hostKey: { type: 'ssh-rsa' } });
    expect(greeting.loggedInMs).not.toBeNull();
    expect(sshd.log()).not.toContain('Starting session');
  });

  test('is a connection of its own beside the warm ones', async () => {
    await using transport = transportWith();
    const before = sshd.log().match(/Accepted publickey/g)?.length ?? 0;
    await transport.greet(sshd.host(), { signal: never });
    await transport.greet(sshd.host(), { signal: never });
    await expect.poll(() => sshd.log().match(/Accepted publickey/g)?.length).toBe(before + 2);
  });

  test('comes as far as the key when that is not known or another', async () => {
    const knownHosts = join(sshd.dir, 'known_hosts_other');
    writeFileSync(knownHosts, '');
    const unknown = await greet({ hostKey: undefined, knownHosts });
    expect(unknown).toMatchObject({ hostKey: { type: 'ssh-ed25519' }, loggedInMs: null });
    expect(unknown.failure?.kind).toBe('host_key_unknown');
    expect(unknown.failure?.detail).toContain('countersign hosts trust web-1');

    const other = await startSshd();
    onTestFinished(() => other[Symbol.asyncDispose]());
    const changed = await greet({ hostKey: other.publicKey('ed25519') });
    expect(changed.failure?.kind).toBe('host_key_mismatch');
  });

  test('comes as far as the login when the key file is not the right one', async () => {
    const identityFile = join(sshd.dir, 'stranger');
    keygen('ed25519', identityFile);
    const greeting = await greet({ identityFile });
    expect(greeting).toMatchObject({ hostKey: { type: 'ssh-ed25519' }, loggedInMs: null });
    expect(greeting.failure?.kind).toBe('auth_failed');
  });

  test('shows no key where nobody listens, or nobody speaks SSH', async () => {
    const refused = await greet({ port: await freePort() });
    expect(refused).toMatchObject({ reachedMs: null, hostKey: null, failure: { kind: 'unreachable' } });

    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    onTestFinished(() => void server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const other = await greet({ port: address.port });
    expect(other).toMatchObject({ hostKey: null, failure: { kind: 'unreachable' } });
    expect(other.reachedMs).not.toBeNull();
  });
});
