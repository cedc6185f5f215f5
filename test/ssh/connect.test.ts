import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Transport } from '../../src/engine/transport.ts';
import type { Host } from '../../src/inventory/host.ts';
import { never, uname } from '../helpers/read-steps.ts';
import { transportWith } from '../helpers/ssh-transport.ts';
import { freePort, keygen, startSshd, type TestSshd, testHost } from '../helpers/sshd.ts';

describe('reaching a host', () => {
  let sshd: TestSshd;
  let transport: Transport;

  beforeAll(async () => {
    sshd = await startSshd();
    transport = transportWith();
  });
  afterAll(async () => {
    await transport?.[Symbol.asyncDispose]();
    await sshd?.[Symbol.asyncDispose]();
  });

  /** The outcome of reading from a host; `ok` has no detail. */
  async function asked(host: Host, signal = never) {
    const outcome = await transport.read(host, uname, { signal });
    expect(outcome.steps).toHaveLength(outcome.kind === 'ok' ? 1 : 0);
    return outcome.kind === 'ok' ? { kind: outcome.kind, detail: '' } : outcome;
  }

  test('fails when nothing listens', async () => {
    const failure = await asked(sshd.host({ port: await freePort() }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.detail).toContain('refused the connection; check that sshd runs');
  });

  test('fails when the name has no address', async () => {
    const failure = await asked(sshd.host({ address: 'web-1.invalid' }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.detail).toContain('DNS');
  });

  test('fails in time when the other side never speaks', async () => {
    await using silent = await startServer(() => {});
    const failure = await asked(sshd.host({ port: silent.port, connectTimeoutMs: 300 }));
    expect(failure.kind).toBe('timed_out');
    expect(failure.detail).toContain('did not begin to speak SSH within 300 ms');
  });

  test('stops waiting at an abort', async () => {
    await using silent = await startServer(() => {});
    const abort = new AbortController();
    const failing = asked(sshd.host({ port: silent.port, connectTimeoutMs: 10_000 }), abort.signal);
    await expect.poll(silent.accepted).toBe(1);
    abort.abort();
    expect((await failing).kind).toBe('cancelled');
    silent.cut();
  });

  test.each([
    ['does not speak SSH', 'HTTP/1.0 400 Bad Request\r\n\r\n'],
    ['hangs up', ''],
  ])('fails when the other side %s', async (_name, answer) => {
    await using server = await startServer((socket) => socket.end(answer));
    const failure = await asked(sshd.host({ port: server.port }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.detail).toContain('check that an SSH server listens there');
  });

  test('fails when both sides share no key exchange', async () => {
    await using old = await startSshd({ config: ['KexAlgorithms diffie-hellman-group-exchange-sha256'] });
    const failure = await asked(old.host());
    expect(failure.kind).toBe('unreachable');
    expect(failure.detail).toContain('curve25519-sha256');
  });

  describe('with a key file', () => {
    test('fails when the host does not accept the key', async () => {
      const identityFile = join(sshd.dir, 'stranger');
      keygen('ed25519', identityFile);
      const failure = await asked(sshd.host({ identityFile }));
      expect(failure.kind).toBe('auth_failed');
      expect(failure.detail).toContain(`not the key ${identityFile}`);
      expect(failure.detail).toContain('authorized_keys');
    });

    test('fails when the user is not the one that the key is for', async () => {
      expect((await asked(sshd.host({ user: 'nobody-of-that-name' }))).kind).toBe('auth_failed');
    });

    test.each(['rsa', 'ecdsa'] as const)('works with an %s key', async (type) => {
      const identityFile = join(sshd.dir, `user_${type}`);
      keygen(type, identityFile);
      await using own = await startSshd();
      copyFileSync(`${identityFile}.pub`, join(own.dir, 'authorized_keys'));
      expect((await asked(own.host({ identityFile }))).kind).toBe('ok');
    });

    test('asks for chmod 600 when others can read it', async () => {
      const identityFile = join(sshd.dir, 'open_key');
      copyFileSync(sshd.identityFile, identityFile);
      chmodSync(identityFile, 0o640);
      const failure = await asked(sshd.host({ identityFile }));
      expect(failure).toMatchObject({ kind: 'auth_failed', detail: expect.stringContaining('chmod 600') });
    });

    test('says that a passphrase needs an agent', async () => {
      const identityFile = join(sshd.dir, 'locked_key');
      keygen('ed25519', identityFile, 'open sesame');
      const failure = await asked(sshd.host({ identityFile }));
      expect(failure).toMatchObject({
        kind: 'auth_failed',
        detail: expect.stringContaining('passphrase; load it into'),
      });
    });

    test('says when it is not there', async () => {
      const failure = await asked(sshd.host({ identityFile: join(sshd.dir, 'absent') }));
      expect(failure).toMatchObject({ kind: 'auth_failed', detail: expect.stringContaining('ENOENT') });
    });

    test('says when it holds no private key', async () => {
      const publicKey = join(sshd.dir, 'public_only');
      copyFileSync(`${sshd.identityFile}.pub`, publicKey);
      chmodSync(publicKey, 0o600);
      const garbage = join(sshd.dir, 'garbage');
      writeFileSync(garbage, 'not a key', { mode: 0o600 });
      const failures = await Promise.all(
        [publicKey, garbage].map((identityFile) => asked(sshd.host({ identityFile }))),
      );
      expect(failures.map((failure) => failure.kind)).toEqual(['auth_failed', 'auth_failed']);
      expect(failures[0]?.detail).toContain('no private key');
      expect(failures[1]?.detail).toContain('an OpenSSH or PEM private key is expected');
    });
  });

  describe('with an agent', () => {
    let agent: ChildProcess;
    let agentSocket: string;

    beforeAll(async () => {
      agentSocket = join(sshd.dir, 'agent.sock');
      agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: ['ignore', 'ignore', 'ignore'] });
      const env = { ...process.env, SSH_AUTH_SOCK: agentSocket };
      await vi.waitUntil(() => agentAnswers(env), { timeout: 5000 });
    });
    afterAll(() => {
      agent?.kill();
    });

    function agentAnswers(env: NodeJS.ProcessEnv): boolean {
      try {
        execFileSync('ssh-add', ['-q', sshd.identityFile], { env, stdio: 'ignore' });
        return true;
      } catch {
        return false;
      }
    }

    test('logs in with a key that only the agent holds', async () => {
      expect((await asked(sshd.host({ identityFile: undefined, agentSocket }))).kind).toBe('ok');
    });

    test('fails when the host accepts none of its keys', async () => {
      await using other = await startSshd();
      const failure = await asked(other.host({ identityFile: undefined, agentSocket }));
      expect(failure).toMatchObject({ kind: 'auth_failed', detail: expect.stringContaining('no key of the agent') });
    });

    test('says when the agent is not there', async () => {
      const absent = join(sshd.dir, 'no-agent.sock');
      const failure = await asked(sshd.host({ identityFile: undefined, agentSocket: absent }));
      expect(failure).toMatchObject({ kind: 'auth_failed', detail: expect.stringContaining(absent) });
    });
  });

  test('needs a key file or an agent', async () => {
    const failure = await asked(testHost({ port: sshd.port, hostKey: sshd.publicKey('ed25519') }));
    expect(failure).toMatchObject({ kind: 'auth_failed', detail: expect.stringContaining('Neither') });
  });
});

async function startServer(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.resume();
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    accepted: () => accepted,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
