import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCommand } from '../../src/base/command.ts';
import { createFrameParser, type FrameParser } from '../../src/ssh/frame-parser.ts';

const NONCE = '00112233445566778899aabbccddeeff';
const HOST_PART = '6f1c8a52-0000-4000-8000-0123456789ab';
const MARK = `${NONCE}.${HOST_PART}`;

interface Said {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
  readonly seconds: number;
}

function said(stdout: string, stderr = '', exitCode = 0, seconds = 0): Said {
  return { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), exitCode, seconds };
}

function stepsFor(outputs: readonly Said[]) {
  return outputs.map((_, index) => ({ id: `s${index}`, command: readCommand(['true']), timeoutMs: 1000 }));
}

const hello = `\n${NONCE}:h:${HOST_PART}:4711\n`;
const begin = (index: number) => `\n${MARK}:b:${index}:100.00\n`;
const end = (index: number, { exitCode, seconds }: Said) =>
  `\n${MARK}:e:${index}:${(100 + seconds).toFixed(2)}:${exitCode}\n`;

function streamOf(outputs: readonly Said[], stream: 'stdout' | 'stderr', noise = ''): Buffer {
  const framed = outputs.flatMap((output, index) => [
    Buffer.from(begin(index)),
    output[stream],
    Buffer.from(end(index, output)),
  ]);
  return Buffer.concat([Buffer.from(noise + hello), ...framed]);
}

function parserFor(outputs: readonly Said[], onStepStarted?: (id: string) => void): FrameParser {
  return createFrameParser({ nonce: NONCE, steps: stepsFor(outputs), capBytes: 1024, onStepStarted });
}

function feed(push: (chunk: Uint8Array) => void, bytes: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
}

function parsed(outputs: readonly Said[], sizes: readonly number[] = [1 << 20], noise = '') {
  const parser = parserFor(outputs);
  feed(parser.stderr, streamOf(outputs, 'stderr', noise), sizes);
  feed(parser.stdout, streamOf(outputs, 'stdout', noise), sizes);
  parser.end();
  return parser;
}

describe('the parser of a framed script', () => {
  test('gives each step its output on both streams, its exit code and its duration', () => {
    const parser = parsed([said('one\n'), said('two', 'problem\n', 3, 0.25)]);
    expect(parser.complete()).toBe(true);
    expect(parser.shellPid()).toBe(4711);
    expect(parser.steps()).toEqual([
      { id: 's0', exitCode: 0, durationMs: 0, stdout: 'one\n', stderr: '', droppedBytes: 0 },
      { id: 's1', exitCode: 3, durationMs: 250, stdout: 'two', stderr: 'problem\n', droppedBytes: 0 },
    ]);
  });

  test('finds the same steps whatever the output and the chunks are', () => {
    const hostile = fc.constantFrom(
      '\n',
      `\n${NONCE}`,
      `\n${NONCE}.`,
      `\n${NONCE}:h:${HOST_PART}:1\n`,
      `\n${MARK.slice(0, -1)}x:e:0:1.00:0\n`,
      MARK,
      `\n\n${NONCE}\n`,
      '\x1b[2J',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .array(fc.oneof(hostile, fc.string()), { maxLength: 6 })
        .map((texts) => new Uint8Array(Buffer.from(texts.join('')))),
    );
    const output = fc.record({
      stdout: bytes,
      stderr: bytes,
      exitCode: fc.integer({ min: 0, max: 255 }),
      seconds: fc.constant(0),
    });
    fc.assert(
      fc.property(
        fc.array(output, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        (outputs, sizes) => {
          const parser = parsed(outputs, sizes);
          expect(parser.complete()).toBe(true);
          expect(parser.steps().map(({ stdout, stderr, exitCode }) => ({ stdout, stderr, exitCode }))).toEqual(
            outputs.map((step) => ({
              stdout: new TextDecoder('utf-8', { ignoreBOM: true }).decode(step.stdout),
              stderr: new TextDecoder('utf-8', { ignoreBOM: true }).decode(step.stderr),
              exitCode: step.exitCode,
            })),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test('leaves out what a login shell prints before the script', () => {
    const parser = parsed([said('one\n')], [7], 'Welcome!\nnew mail\n');
    expect(parser.steps()[0]?.stdout).toBe('one\n');
    expect(parser.noise()).toContain('Welcome!');
  });

  test('keeps the steps that ended when the stream breaks, and only those', () => {
    const outputs = [said('one\n'), said('two\n'), said('three\n')];
    const parser = parserFor(outputs);
    const whole = streamOf(outputs, 'stdout');
    parser.stdout(whole.subarray(0, whole.indexOf('three') + 3));
    parser.stderr(streamOf(outputs.slice(0, 1), 'stderr'));
    parser.end();
    expect(parser.complete()).toBe(false);
    expect(parser.steps().map((step) => step.stdout)).toEqual(['one\n', 'two\n']);
  });

  test('tells when a step begins, once', () => {
    const started: string[] = [];
    const outputs = [said('one'), said('two')];
    const parser = parserFor(outputs, (id) => started.push(id));
    feed(parser.stderr, streamOf(outputs, 'stderr'), [3]);
    feed(parser.stdout, streamOf(outputs, 'stdout'), [3]);
    expect(started).toEqual(['s0', 's1']);
  });

  test.each([
    ['124 after the time', said('', '', 124, 1), null],
    ['137 after the time and the grace', said('', '', 137, 3), null],
    ['143 after the time', said('', '', 143, 1.01), null],
    ['124 before the time', said('', '', 124, 0.5), 124],
    ['an own code after the time', said('', '', 1, 1), 1],
  ])('takes %s for what it is', (_name, output, exitCode) => {
    expect(parsed([output]).steps()[0]?.exitCode).toBe(exitCode);
  });

  test('holds no more than the cap for each stream of a step', () => {
    const flood = said('x'.repeat(50_000), 'y'.repeat(50_000));
    const parser = parserFor([flood]);
    const stdout = streamOf([flood], 'stdout');
    for (let at = 0; at < stdout.length; at += 999) {
      parser.stdout(stdout.subarray(at, at + 999));
      expect(parser.retainedBytes()).toBeLessThanOrEqual(2048);
    }
    parser.stderr(streamOf([flood], 'stderr'));
    parser.end();
    expect(parser.retainedBytes()).toBeLessThanOrEqual(2048);
    expect(parser.steps()[0]?.droppedBytes).toBe(100_000 - 2048);
  });

  test('takes a marker line that never ends for output', () => {
    const parser = parserFor([said('')]);
    parser.stdout(Buffer.from(`${hello}${begin(0)}\n${MARK}:e:${'9'.repeat(5000)}`));
    parser.stdout(Buffer.from(end(0, said(''))));
    parser.stderr(streamOf([said('')], 'stderr'));
    parser.end();
    expect(parser.complete()).toBe(true);
    expect(parser.steps()[0]?.stdout).toContain('999');
  });
});
