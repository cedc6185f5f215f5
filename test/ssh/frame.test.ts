import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCommand, readScript } from '../../src/base/command.ts';
import { systemIds } from '../../src/base/ids.ts';
import type { ReadStep } from '../../src/engine/transport.ts';
import { frameLine } from '../../src/ssh/frame.ts';
import { createFrameParser } from '../../src/ssh/frame-parser.ts';
import { hostLine, scriptWord } from '../../src/ssh/host-line.ts';
import { ownSleep, processesWithArgument } from '../helpers/processes.ts';

const TOOLS = ['cat', 'date', 'env', 'grep', 'printf', 'sh', 'sleep'];
const TRICKY = ["it's", '\\\\', "\\'", 'a\nb', '', '!x', '$HOME', '`id`', '"', '~', '*', 'ü\t'];

interface RunInit {
  readonly shell?: string;
  readonly path?: string;
  readonly onStarted?: (shellPid: number) => void;
}

async function run(steps: readonly ReadStep[], { shell = '/bin/sh', path, onStarted }: RunInit = {}) {
  const nonce = systemIds.nonce();
  const onStepStarted = () => onStarted?.(parser.shellPid() ?? 0);
  const parser = createFrameParser({ nonce, steps, onStepStarted });
  const child = spawn(shell, ['-c', frameLine(steps, nonce)], {
    env: { ...process.env, ...(path !== undefined && { PATH: path }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', parser.stdout);
  child.stderr.on('data', parser.stderr);
  await new Promise((resolve) => child.once('close', resolve));
  parser.end();
  return parser;
}

/** What fish makes of words: it takes a backslash in front of a backslash or a quote for an escape, even in single quotes. */
function fishWords(line: string): string[] {
  const words = line.match(/(?:'(?:\\[\s\S]|[^'\\])*'|\\[\s\S]|[^\s'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(/'((?:\\[\s\S]|[^'\\])*)'|\\([\s\S])/g, (_, quoted?: string, escaped?: string) =>
      quoted === undefined ? (escaped ?? '') : quoted.replace(/\\([\\'])/g, '$1'),
    ),
  );
}

describe('a framed script', () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'countersign-frame-'));
    for (const tool of TOOLS) {
      const found = ['/bin', '/usr/bin'].map((bin) => join(bin, tool)).find(existsSync);
      if (found !== undefined) symlinkSync(found, join(dir, tool));
    }
  });
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  test.each(['/bin/sh', '/bin/bash'])('runs under %s as login shell', async (shell) => {
    const parser = await run(
      [
        { id: 'args', command: readCommand(['printf', '[%s]', ...TRICKY]), timeoutMs: 5000 },
        { id: 'fails', command: readScript('echo err >&2; exit 3'), timeoutMs: 5000 },
      ],
      { shell },
    );
    expect(parser.noise()).toBe('');
    expect(parser.steps().map(({ stdout, stderr, exitCode }) => [stdout, stderr, exitCode])).toEqual([
      [TRICKY.map((arg) => `[${arg}]`).join(''), '', 0],
      ['', 'err\n', 3],
    ]);
  });

  test('is one line that POSIX shells and fish split into the same words', () => {
    const line = hostLine([`printf '[%s]' ${TRICKY.map(scriptWord).join(' ')}`]);
    expect(line).not.toContain('\n');
    const posix = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1);
    expect(fishWords(line)).toEqual(posix);
  });

  test('has nothing of an argument outside quotes', () => {
    expect(scriptWord('$(id);`id`')).toBe("'$(id);`id`'");
    expect(() => scriptWord('a\0b')).toThrow('NUL');
  });

  test('refuses to grow over what a kernel passes on', () => {
    const steps = [{ id: 'huge', command: readCommand(['echo', 'x'.repeat(130_000)]), timeoutMs: 1000 }];
    expect(() => frameLine(steps, systemIds.nonce())).toThrow('too long');
  });

  test('keeps timeouts of whole trees where there is no timeout(1) and no nice(1)', async () => {
    // The path is a folder of links that holds neither; sbin is added by the script and holds none either.
    const sleep = ownSleep();
    const parser = await run(
      [
        { id: 'slow', command: readScript('sleep "$1" | cat; sleep "$1"', [sleep]), timeoutMs: 1000 },
        { id: 'next', command: readCommand(['printf', 'here']), timeoutMs: 5000 },
      ],
      { path: dir },
    );
    expect(parser.steps().map((step) => [step.exitCode, step.stdout])).toEqual([
      [null, ''],
      [0, 'here'],
    ]);
    expect(processesWithArgument(sleep)).toEqual([]);
  });

  test.each([
    ['with timeout(1)', false],
    ['without timeout(1)', true],
  ])('ends its step when its shell is told to, %s', async (_name, bare) => {
    const sleep = ownSleep();
    const parser = await run(
      [
        { id: 'slow', command: readScript('sleep "$1" | cat; sleep "$1"', [sleep]), timeoutMs: 60_000 },
        { id: 'never', command: readCommand(['printf', 'no']), timeoutMs: 5000 },
      ],
      {
        ...(bare && { path: dir }),
        onStarted: (shellPid) =>
          void expect
            .poll(() => processesWithArgument(sleep).length)
            .toBeGreaterThan(1)
            .then(() => process.kill(shellPid)),
      },
    );
    expect(parser.complete()).toBe(false);
    expect(parser.steps()).toEqual([]);
    await expect.poll(() => processesWithArgument(sleep)).toEqual([]);
  });
});
