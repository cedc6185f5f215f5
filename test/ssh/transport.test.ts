import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { changeScript, readCommand, readScript } from '../../src/base/command.ts';
import { asHostName, systemIds } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { ReadStep } from '../../src/engine/transport.ts';
import { fingerprint } from '../../src/ssh/host-keys.ts';
import { createSshTransport, type SshTransportInit } from '../../src/ssh/transport.ts';
import { testGrant } from '../helpers/grant.ts';
import { processesWithArgument, uniqueSleep } from '../helpers/processes.ts';
import { startRelay } from '../helpers/relay.ts';
import { startSshd, type TestSshd } from '../helpers/sshd.ts';

const never = new AbortController().signal;
const options = { signal: never };
const uname: readonly ReadStep[] = [{ id: 'uname', command: readCommand(['uname', '-s']), timeoutMs: 5000 }];

function script(id: string, text: string, args: readonly string[] = [], timeoutMs = 10_000): ReadStep {
  return { id, command: readScript(text, args), timeoutMs };
}

function transportWith(init: Partial<SshTransportInit> = {}) {
  return createSshTransport({ clock: systemClock, ids: systemIds, logger: silentLogger, ...init });
}

describe('the SSH transport', () => {
  let sshd: TestSshd;
  const sleeps: string[] = [];
  const ownSleep = () => {
    const sleep = uniqueSleep();
    sleeps.push(sleep);
    return sleep;
  };

  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });
  afterEach(() => {
    for (const pid of sleeps.splice(0).flatMap(processesWithArgument)) process.kill(pid, 'SIGKILL');
  });

  test('opens one connection for a host and uses it again', async () => {
    await using relay = await startRelay(sshd.port);
    await using transport = transportWith();
    const host = sshd.host({ port: relay.port });
    const reads = Array.from({ length: 5 }, () => transport.read(host, uname, options));
    expect((await Promise.all(reads)).map((read) => read.kind)).toEqual(Array(5).fill('ok'));
    expect((await transport.read(host, uname, options)).kind).toBe('ok');
    expect(relay.accepted()).toBe(1);
  });

  test('answers 30 reads of one host at once, though sshd allows 10 sessions', async () => {
    await using transport = transportWith();
    const step = [script('slow', 'sleep 0.2; echo done')];
    const reads = await Promise.all(Array.from({ length: 30 }, () => transport.read(sshd.host(), step, options)));
    expect(reads.map((read) => read.steps[0]?.stdout)).toEqual(Array(30).fill('done\n'));
  });

  test('waits when a host allows fewer sessions than it wants', async () => {
    await using narrow = await startSshd({ config: ['MaxSessions 2'] });
    await using transport = transportWith();
    const reads = await Promise.all(
      Array.from({ length: 8 }, () => transport.read(narrow.host(), [script('slow', 'sleep 0.1')], options)),
    );
    expect(reads.map((read) => read.kind)).toEqual(Array(8).fill('ok'));
  });

  test('bounds 50 MB of output, keeping head and tail', async () => {
    await using transport = transportWith();
    const step = script('flood', 'echo first; head -c 50000000 /dev/zero | tr "\\0" x; echo; echo last', [], 30_000);
    const outcome = await transport.read(sshd.host(), [step], options);
    const stdout = outcome.steps[0]?.stdout ?? '';
    expect(outcome.kind).toBe('ok');
    expect(stdout.startsWith('first\n')).toBe(true);
    expect(stdout.endsWith('\nlast\n')).toBe(true);
    expect(Buffer.byteLength(stdout)).toBeLessThan(256 * 1024 + 100);
    expect(outcome.steps[0]?.droppedBytes).toBeGreaterThan(49_700_000);
  });

  test('ends with the last step, also when a step left something running that holds the channel open', async () => {
    const sleep = ownSleep();
    await using transport = transportWith();
    const outcome = await transport.read(
      sshd.host(),
      [script('leaves', 'setsid sleep "$1" & echo on', [sleep])],
      options,
    );
    expect(outcome).toMatchObject({ kind: 'ok', steps: [{ stdout: 'on\n', exitCode: 0 }] });
    expect(processesWithArgument(sleep)).toEqual([]);
  });

  test('gives up on a host that does not finish, and ends what hangs there', async () => {
    // Two steps of one second make a deadline of 2 · (1 + 2 for KILL) + 5 s, which the test does not wait for.
    const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms === 11_000 ? 500 : ms, signal) };
    await using transport = transportWith({ clock });
    const outcome = await transport.read(
      sshd.host(),
      [script('one', 'ps -o ppid= -p $PPID', [], 1000), script('two', 'kill -STOP $(ps -o ppid= -p $PPID)', [], 1000)],
      options,
    );
    expect(outcome).toMatchObject({ kind: 'timed_out', steps: [{ id: 'one' }] });
    expect(detailOf(outcome)).toContain('1 of 2 steps had ended; check its load');
    const shellPid = Number(outcome.steps[0]?.stdout);
    expect(() => process.kill(shellPid, 0)).toThrow('ESRCH');
  });

  test('passes an abort on as a signal for users without rights', async () => {
    await using ordinary = await startSshd({ ordinaryUser: true });
    await using transport = transportWith();
    const sleep = ownSleep();
    const abort = new AbortController();
    const steps = [script('id', 'id -u'), script('sleep', 'sleep "$1" | cat', [sleep])];
    const outcome = await transport.read(ordinary.host(), steps, {
      signal: abort.signal,
      onStepStarted: (id) =>
        void (
          id === 'sleep' &&
          expect
            .poll(() => processesWithArgument(sleep).length)
            .toBeGreaterThan(1)
            .then(() => abort.abort())
        ),
    });
    expect(outcome).toMatchObject({ kind: 'cancelled', steps: [{ id: 'id', stdout: '60123\n' }] });
    await expect.poll(() => processesWithArgument(sleep)).toEqual([]);
    expect(ordinary.log().match(/Starting session/g)).toHaveLength(1);
  });

  describe('the host key', () => {
    test.each(['ed25519', 'ecdsa', 'rsa'] as const)('is asked for by the type of a pinned %s key', async (type) => {
      await using transport = transportWith();
      const outcome = await transport.read(sshd.host({ hostKey: sshd.publicKey(type) }), uname, options);
      expect(outcome.kind).toBe('ok');
    });

    test.each(['ed25519', 'ecdsa', 'rsa'] as const)('is found by the fingerprint of its %s key', async (type) => {
      await using transport = transportWith();
      const outcome = await transport.read(sshd.host({ hostKey: fingerprintIn(sshd, type) }), uname, options);
      expect(outcome.kind).toBe('ok');
    });

    test('must be the pinned one, or nothing is sent', async () => {
      await using other = await startSshd();
      await using transport = transportWith();
      for (const hostKey of [other.publicKey('ed25519'), fingerprintIn(other, 'ed25519')]) {
        const outcome = await transport.read(sshd.host({ port: sshd.port, hostKey }), uname, options);
        expect(outcome.kind).toBe('host_key_mismatch');
        expect(detailOf(outcome)).toContain(fingerprintIn(sshd, 'ed25519'));
      }
    });

    test('must be known, or its fingerprint is shown and nobody logs in', async () => {
      await using fresh = await startSshd();
      await using transport = transportWith();
      const outcome = await transport.read(fresh.host({ hostKey: undefined }), uname, options);
      expect(outcome.kind).toBe('host_key_unknown');
      expect(detailOf(outcome)).toContain(fingerprintIn(fresh, 'ed25519'));
      expect(fresh.log()).not.toContain('Accepted');
      expect(fresh.log()).not.toContain('Failed publickey');
    });

    test('is read from a known_hosts file', async () => {
      await using transport = transportWith();
      const knownHosts = join(sshd.dir, 'known_hosts');
      writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${sshd.publicKey('ecdsa')}\n`);
      expect((await transport.read(sshd.host({ hostKey: undefined, knownHosts }), uname, options)).kind).toBe('ok');
      const lines = [`[127.0.0.1]:${sshd.port} ${sshd.publicKey('ecdsa')}`, `@revoked * ${sshd.publicKey('ecdsa')}`];
      const revoked = join(sshd.dir, 'known_hosts_revoked');
      writeFileSync(revoked, lines.join('\n'));
      const outcome = await transport.read(sshd.host({ hostKey: undefined, knownHosts: revoked }), uname, options);
      expect(outcome.kind).toBe('host_key_mismatch');
    });
  });

  describe('a connection that breaks', () => {
    const slow = (sleep: string) => [script('one', 'echo kept'), script('two', 'sleep "$1"', [sleep])];

    test('in the middle leaves the steps that had ended, and the next read connects again', async () => {
      await using relay = await startRelay(sshd.port);
      await using transport = transportWith();
      const host = sshd.host({ port: relay.port });
      const outcome = await transport.read(host, slow(ownSleep()), {
        signal: never,
        onStepStarted: (id) => {
          if (id === 'two') setImmediate(relay.cut);
        },
      });
      expect(outcome).toMatchObject({ kind: 'unreachable', steps: [{ id: 'one', stdout: 'kept\n' }] });
      expect(detailOf(outcome)).toContain('1 of 2 steps');
      expect((await transport.read(host, uname, options)).kind).toBe('ok');
      expect(relay.accepted()).toBe(2);
    });

    test('silently in the middle is noticed by keepalives', async () => {
      await using relay = await startRelay(sshd.port);
      await using transport = transportWith({ keepaliveMs: 200 });
      const outcome = await transport.read(sshd.host({ port: relay.port }), slow(ownSleep()), {
        signal: never,
        onStepStarted: (id) => {
          if (id === 'two') setImmediate(relay.freeze);
        },
      });
      expect(outcome).toMatchObject({ kind: 'timed_out', steps: [{ id: 'one' }] });
    });

    test('while unused is replaced', async () => {
      await using relay = await startRelay(sshd.port);
      await using transport = transportWith();
      const host = sshd.host({ port: relay.port });
      await transport.read(host, uname, options);
      relay.cut();
      expect((await transport.read(host, uname, options)).kind).toBe('ok');
      expect(relay.accepted()).toBe(2);
    });

    test('silently while unused is replaced', async () => {
      await using relay = await startRelay(sshd.port);
      await using transport = transportWith();
      const host = sshd.host({ port: relay.port, connectTimeoutMs: 700 });
      await transport.read(host, uname, options);
      relay.freeze();
      expect((await transport.read(host, uname, options)).kind).toBe('ok');
      expect(relay.accepted()).toBe(2);
    });

    test('under a change leaves open whether it ran, and does not run it again', async () => {
      await using relay = await startRelay(sshd.port);
      await using transport = transportWith();
      const [sleep, file] = [ownSleep(), join(sshd.dir, 'ran')];
      const host = sshd.host({ port: relay.port });
      const changing = transport.change(
        host,
        changeScript('echo ran >>"$2"; sleep "$1"', [sleep, file]),
        testGrant([host.name], systemClock.now() + 60_000),
        { signal: never, timeoutMs: 20_000 },
      );
      await expect.poll(() => processesWithArgument(sleep).length).toBeGreaterThan(0);
      relay.cut();
      expect((await changing).kind).toBe('unknown');
      expect(readFileSync(file, 'utf8')).toBe('ran\n');
    });
  });

  test('keeps a change back whose grant expires while the host is being reached', async () => {
    const times = [0];
    const clock: Clock = { ...systemClock, now: () => times.shift() ?? 1000 };
    await using transport = transportWith({ clock });
    const host = sshd.host();
    const file = join(sshd.dir, 'too-late');
    const outcome = await transport.change(host, changeScript('touch "$1"', [file]), testGrant([host.name], 1000), {
      signal: never,
      timeoutMs: 5000,
    });
    expect(outcome.kind).toBe('cancelled');
    expect(() => readFileSync(file)).toThrow();
  });

  test('says so when the login shell does not run the script', async () => {
    await using forced = await startSshd({ config: ['ForceCommand echo not here; exit 5'] });
    await using transport = transportWith();
    const outcome = await transport.read(forced.host(), uname, options);
    expect(outcome.kind).toBe('unknown');
    expect(detailOf(outcome)).toMatch(/login shell .* status 5 and said "not here"; check/);
  });

  test('gives one host its place when another needs it', async () => {
    await using relay = await startRelay(sshd.port);
    await using transport = transportWith({ maxConnections: 1 });
    const [first, second] = [sshd.host({ port: relay.port }), sshd.host({ name: asHostName('web-2') })];
    for (const host of [first, second, first]) expect((await transport.read(host, uname, options)).kind).toBe('ok');
    expect(relay.accepted()).toBe(2);
    const both = await Promise.all([transport.read(first, uname, options), transport.read(second, uname, options)]);
    expect(both.map((read) => read.kind)).toEqual(['ok', 'ok']);
  });

  test('closes a connection that is not used for long', async () => {
    await using own = await startSshd();
    await using transport = transportWith({ idleMs: 50 });
    await transport.read(own.host(), uname, options);
    await expect.poll(() => own.log()).toContain('Received disconnect');
  });

  test('leaves no socket and no timer behind when it is disposed of', async () => {
    const held = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => ['TCPSocketWrap', 'Timeout'].includes(name))
        .sort();
    const before = held();
    const transport = transportWith();
    await transport.read(sshd.host(), uname, options);
    void transport.read(sshd.host(), [script('sleep', 'sleep 30')], options);
    expect(held()).not.toEqual(before);
    await transport[Symbol.asyncDispose]();
    await expect.poll(held).toEqual(before);
  });
});

function detailOf(outcome: object): string {
  return 'detail' in outcome ? String(outcome.detail) : '';
}

function fingerprintIn(sshd: TestSshd, type: 'ed25519' | 'ecdsa' | 'rsa'): string {
  return fingerprint(Buffer.from(sshd.publicKey(type).split(' ')[1] ?? '', 'base64'));
}
