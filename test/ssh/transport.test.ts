import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { changeScript } from '../../src/base/command.ts';
import { asHostName } from '../../src/base/ids.ts';
import { testGrant } from '../helpers/grant.ts';
import { ownSleep, processesWithArgument } from '../helpers/processes.ts';
import { never, script, uname } from '../helpers/read-steps.ts';
import { startRelay } from '../helpers/relay.ts';
import { detailOf, transportWith } from '../helpers/ssh-transport.ts';
import { startSshd, type TestSshd } from '../helpers/sshd.ts';

const options = { signal: never };

describe('the SSH transport', () => {
  let sshd: TestSshd;

  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
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

  test('sends nothing of a change that is longer than a host takes, and says so', async () => {
    await using transport = transportWith();
    const host = sshd.host();
    const command = changeScript('exit 0', ['x'.repeat(130_000)]);
    const grant = testGrant([host.name], systemClock.now() + 60_000);
    const outcome = await transport.change(host, command, grant, { ...options, timeoutMs: 5000 });
    expect(outcome.kind).toBe('unknown');
    expect(detailOf(outcome)).toContain('is too long to be sent');
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
