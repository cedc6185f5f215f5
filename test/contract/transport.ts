import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { changeScript, readCommand } from '../../src/base/command.ts';
import { asHostName } from '../../src/base/ids.ts';
import type { ReadStep, Transport } from '../../src/engine/transport.ts';
import type { Host } from '../../src/inventory/host.ts';
import { testGrant } from '../helpers/grant.ts';
import { isRunning, ownSleep, processesWithArgument } from '../helpers/processes.ts';
import { never, script } from '../helpers/read-steps.ts';

/** A transport under test and a host that it reaches, whose commands run on this machine. */
export interface TransportUnderTest extends AsyncDisposable {
  readonly host: Host;
  createTransport(): Transport;
}

const STEP_MS = 10_000;

/** What every transport must do; registers tests. */
export function describeTransport(name: string, start: () => Promise<TransportUnderTest>): void {
  describe(`${name} as a transport`, () => {
    let subject: TransportUnderTest;
    let transport: Transport;
    let dir: string;

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'countersign-transport-'));
      subject = await start();
      transport = subject.createTransport();
    });
    afterAll(async () => {
      await transport?.[Symbol.asyncDispose]();
      await subject?.[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    });

    const read = (steps: readonly ReadStep[]) => transport.read(subject.host, steps, { signal: never });
    const grant = (expiresInMs = 60_000) => testGrant([subject.host.name], systemClock.now() + expiresInMs);
    const change = (text: string, args: readonly string[] = [], signal: AbortSignal = never, timeoutMs = STEP_MS) =>
      transport.change(subject.host, changeScript(text, args), grant(), { signal, timeoutMs });

    test('greets: is reached, shows a key, is logged in to', async () => {
      const greeting = await transport.greet(subject.host, { signal: never });
      expect(greeting.failure).toBeNull();
      expect(greeting.hostKey?.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
      expect(greeting.reachedMs).toBeGreaterThanOrEqual(0);
      expect(greeting.loggedInMs).toBeGreaterThanOrEqual(greeting.reachedMs ?? Number.NaN);
    });

    test('greets nobody when the signal is aborted already', async () => {
      const greeting = await transport.greet(subject.host, { signal: AbortSignal.abort() });
      expect(greeting).toMatchObject({ reachedMs: null, hostKey: null, loggedInMs: null });
      expect(greeting.failure?.kind).toBe('cancelled');
    });

    test('runs the steps in order and reports exit codes and both streams of each', async () => {
      const started: string[] = [];
      const steps = [
        script('one', 'echo 1'),
        script('two', 'echo out; echo err >&2; exit 7'),
        script('three', 'printf "no newline"'),
        script('four', 'exit 124'),
        script('five', 'echo 5 >&2'),
      ];
      const outcome = await transport.read(subject.host, steps, {
        signal: never,
        onStepStarted: (id) => started.push(id),
      });
      expect(outcome.kind).toBe('ok');
      expect(outcome.steps.map(({ durationMs: _, ...step }) => step)).toEqual([
        { id: 'one', exitCode: 0, stdout: '1\n', stderr: '', droppedBytes: 0 },
        { id: 'two', exitCode: 7, stdout: 'out\n', stderr: 'err\n', droppedBytes: 0 },
        { id: 'three', exitCode: 0, stdout: 'no newline', stderr: '', droppedBytes: 0 },
        { id: 'four', exitCode: 124, stdout: '', stderr: '', droppedBytes: 0 },
        { id: 'five', exitCode: 0, stdout: '', stderr: '5\n', droppedBytes: 0 },
      ]);
      expect(started).toEqual(['one', 'two', 'three', 'four', 'five']);
    });

    test('runs all steps under one shell', async () => {
      const outcome = await read([script('a', 'ps -o ppid= -p $PPID'), script('b', 'ps -o ppid= -p $PPID')]);
      expect(outcome.steps[0]?.stdout.trim()).toMatch(/^\d+$/);
      expect(outcome.steps[1]?.stdout).toBe(outcome.steps[0]?.stdout);
    });

    test('passes arguments on unchanged and never as script', async () => {
      const args = ["it's", '$(id)', '`id`', '\\\\', "\\'", 'a\nb', '', '*', '!x', '"', ';exit 9', '-n', '~', 'ü'];
      const outcome = await read([
        { id: 'args', command: readCommand(['printf', '[%s]', ...args]), timeoutMs: STEP_MS },
      ]);
      expect(outcome.steps[0]?.stdout).toBe(args.map((arg) => `[${arg}]`).join(''));
    });

    test('runs steps in the C locale, with sbin in PATH and an empty stdin', async () => {
      const outcome = await read([script('env', 'echo "$LC_ALL"; echo "$PATH"; cat; echo end')]);
      const [locale, path, end] = outcome.steps[0]?.stdout.split('\n') ?? [];
      expect(locale).toBe('C');
      expect(path).toMatch(/:\/usr\/sbin:\/sbin$/);
      expect(end).toBe('end');
    });

    test('says 127 for a command that is not there and goes on', async () => {
      const absent = { id: 'absent', command: readCommand(['countersign-no-such-tool']), timeoutMs: STEP_MS };
      const outcome = await read([absent, script('next', 'echo here')]);
      expect(outcome.kind).toBe('ok');
      expect(outcome.steps.map((step) => step.exitCode)).toEqual([127, 0]);
      expect(outcome.steps[0]?.stderr).toContain('countersign-no-such-tool');
    });

    test('kills a step and its children at its timeout, and goes on', async () => {
      const sleep = ownSleep();
      const outcome = await read([
        script('slow', 'sleep "$1" | cat; sleep "$1"', [sleep], 1000),
        script('stubborn', 'trap "" TERM; sleep "$1"; sleep "$1"', [sleep], 1000),
        script('next', 'echo here'),
      ]);
      expect(outcome.kind).toBe('ok');
      expect(outcome.steps.map((step) => step.exitCode)).toEqual([null, null, 0]);
      expect(outcome.steps[2]?.stdout).toBe('here\n');
      await expect.poll(() => processesWithArgument(sleep)).toEqual([]);
    });

    test('bounds output, keeping head and tail', async () => {
      const outcome = await read([
        script('big', 'echo first; head -c 3000000 /dev/zero | tr "\\0" x; echo; echo last'),
      ]);
      const step = outcome.steps[0];
      expect(step?.stdout.startsWith('first\n')).toBe(true);
      expect(step?.stdout.endsWith('\nlast\n')).toBe(true);
      expect(step?.stdout.length).toBeLessThan(300_000);
      expect(step?.droppedBytes).toBeGreaterThan(2_700_000);
    });

    test('is not misled by output that looks like its own markers', async () => {
      const nonce = '0123456789abcdef0123456789abcdef';
      const fake = `\n${nonce}:e:0:1.00:0\n${nonce}.none:b:1:1.00\n\x1b[2J\x07`;
      const outcome = await read([
        script('fake', 'printf %s "$1"; printf "\\377\\376"', [fake]),
        script('next', 'echo here'),
      ]);
      expect(outcome.kind).toBe('ok');
      expect(outcome.steps[0]?.stdout).toBe(`${fake}\ufffd\ufffd`);
      expect(outcome.steps[1]?.stdout).toBe('here\n');
    });

    test('does nothing when the signal is aborted already', async () => {
      const file = join(dir, 'not-run');
      const outcome = await transport.read(subject.host, [script('touch', 'touch "$1"', [file])], {
        signal: AbortSignal.abort(),
      });
      expect(outcome).toMatchObject({ kind: 'cancelled', steps: [] });
      expect(() => readFileSync(file)).toThrow();
    });

    test('ends the processes of a read at an abort and keeps the steps that had ended', async () => {
      const sleep = ownSleep();
      const abort = new AbortController();
      const outcome = await transport.read(
        subject.host,
        [
          script('done', 'echo kept'),
          script('sleep', 'sleep "$1" | cat; sleep "$1"', [sleep]),
          script('never', 'echo no'),
        ],
        {
          signal: abort.signal,
          onStepStarted: (id) => {
            if (id === 'sleep') void untilRunning(sleep).then(() => abort.abort());
          },
        },
      );
      expect(outcome.kind).toBe('cancelled');
      expect(outcome.steps.map((step) => [step.id, step.stdout])).toEqual([['done', 'kept\n']]);
      await expect.poll(() => processesWithArgument(sleep)).toEqual([]);
    });

    test('runs an approved change and reports its exit code and output', async () => {
      const outcome = await change('printf "%s" "$1"; echo err >&2; cat; exit 3', ["it's \\\\"]);
      expect(outcome).toEqual({ kind: 'ok', exitCode: 3, stdout: "it's \\\\", stderr: 'err\n' });
    });

    test('refuses a change whose grant does not cover the host or has expired', async () => {
      const file = join(dir, 'not-changed');
      const command = changeScript('touch "$1"', [file]);
      const options = { signal: never, timeoutMs: STEP_MS };
      const elsewhere = testGrant([asHostName('other')], systemClock.now() + 60_000);
      await expect(transport.change(subject.host, command, elsewhere, options)).rejects.toThrow('does not cover');
      await expect(transport.change(subject.host, command, grant(0), options)).rejects.toThrow('expired');
      expect(() => readFileSync(file)).toThrow();
    });

    test('gives up on a change that takes longer than it may', async () => {
      const sleep = ownSleep();
      const outcome = await change('sleep "$1"', [sleep], never, 300);
      expect(outcome.kind).toBe('timed_out');
      await expect.poll(() => processesWithArgument(sleep)).toEqual([]);
    });

    test('ends the processes of a change at an abort, but not what it detached', async () => {
      const [sleep, detached] = [ownSleep(), ownSleep()];
      const abort = new AbortController();
      void expect
        .poll(() => isRunning(['sleep', sleep]) && isRunning(['sleep', detached]))
        .toBe(true)
        .then(() => abort.abort());
      const text = 'setsid sleep "$2" </dev/null >/dev/null 2>&1 & sleep "$1"; echo "$2"';
      expect((await change(text, [sleep, detached], abort.signal)).kind).toBe('cancelled');
      await expect.poll(() => processesWithArgument(sleep)).toEqual([]);
      expect(processesWithArgument(detached)).toHaveLength(1);
    });

    test('ends what runs when it is disposed of', async () => {
      const sleep = ownSleep();
      const own = subject.createTransport();
      const reading = own.read(subject.host, [script('sleep', 'sleep "$1"', [sleep])], { signal: never });
      await untilRunning(sleep);
      await own[Symbol.asyncDispose]();
      expect((await reading).kind).toBe('cancelled');
      await expect.poll(() => processesWithArgument(sleep)).toEqual([]);
      expect((await own.read(subject.host, [script('late', 'echo no')], { signal: never })).kind).toBe('cancelled');
    });
  });
}

async function untilRunning(argument: string): Promise<void> {
  await expect.poll(() => processesWithArgument(argument).length, { timeout: 5000 }).toBeGreaterThan(0);
}
