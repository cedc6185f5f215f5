import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { changeScript } from '../../src/base/command.ts';
import { testGrant } from '../helpers/grant.ts';
import { ownSleep, processesWithArgument } from '../helpers/processes.ts';
import { never, script, uname } from '../helpers/read-steps.ts';
import { startRelay } from '../helpers/relay.ts';
import { detailOf, transportWith } from '../helpers/ssh-transport.ts';
import { startSshd, type TestSshd } from '../helpers/sshd.ts';

const options = { signal: never };

const keptThenSlow = (sleep: string) => [script('one', 'echo kept'), script('two', 'sleep "$1"', [sleep])];

describe('an SSH connection that breaks', () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });

  test('in the middle leaves the steps that had ended, and the next read connects again', async () => {
    await using relay = await startRelay(sshd.port);
    await using transport = transportWith();
    const host = sshd.host({ port: relay.port });
    const outcome = await transport.read(host, keptThenSlow(ownSleep()), {
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
    const outcome = await transport.read(sshd.host({ port: relay.port }), keptThenSlow(ownSleep()), {
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
