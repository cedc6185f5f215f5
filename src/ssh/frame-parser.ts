import type { ReadStep, StepOutput } from '../engine/transport.ts';
import { type Capture, createCapture } from './capture.ts';
import { timeoutSeconds } from './frame.ts';
import { createMarkerScanner } from './marker-scanner.ts';

/** Bytes kept of what a login shell prints before the script, to explain a script that never began. */
const NOISE_BYTES = 2048;

/** What a framed script has said so far. */
export interface FrameParser {
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
  /** No more will come on either stream. */
  end(): void;
  /** The steps that ended, in order. */
  steps(): readonly StepOutput[];
  /** Whether every step ended. */
  complete(): boolean;
  /** The pid of the script's shell, once it said so. */
  shellPid(): number | undefined;
  /** What came on stderr or stdout outside of steps; bounded, as received. */
  noise(): string;
  /** Bytes of output held in memory. */
  retainedBytes(): number;
}

interface FrameParserInit {
  readonly nonce: string;
  readonly steps: readonly ReadStep[];
  readonly capBytes?: number;
  readonly onStepStarted?: ((stepId: string) => void) | undefined;
  /** Called when the last step has ended on both streams. */
  readonly onComplete?: (() => void) | undefined;
}

interface RunningStep {
  readonly stdout: Capture;
  readonly stderr: Capture;
  startedAt?: string;
  ended?: { readonly at: string; readonly exitCode: number };
  stderrEnded: boolean;
}

/** Takes the two streams of a framed script apart into steps; memory is bounded by the cap for each step and stream. */
export function createFrameParser(init: FrameParserInit): FrameParser {
  const running = new Map<number, RunningStep>();
  const noise = createCapture(NOISE_BYTES);
  let shellPid: number | undefined;
  let ended = false;

  function at(index: number): RunningStep {
    const known = running.get(index);
    if (known) return known;
    const step = { stdout: createCapture(init.capBytes), stderr: createCapture(init.capBytes), stderrEnded: false };
    running.set(index, step);
    return step;
  }

  function scannerOf(stream: 'stdout' | 'stderr') {
    let current: number | undefined;
    return createMarkerScanner(init.nonce, {
      data: (bytes) => (current === undefined ? noise : at(current)[stream]).append(bytes),
      hello: (_hostPart, pid) => {
        shellPid = pid;
      },
      begin(index, atSeconds) {
        const step = init.steps[index];
        if (!step) return;
        current = index;
        if (stream === 'stderr') return;
        at(index).startedAt = atSeconds;
        init.onStepStarted?.(step.id);
      },
      end(index, atSeconds, exitCode) {
        current = undefined;
        if (!init.steps[index]) return;
        if (stream === 'stderr') at(index).stderrEnded = true;
        else at(index).ended = { at: atSeconds, exitCode };
        if (init.steps.every((_, each) => isOver(running.get(each)))) init.onComplete?.();
      },
    });
  }

  const stdout = scannerOf('stdout');
  const stderr = scannerOf('stderr');
  const outputs = () =>
    init.steps.flatMap((step, index) => {
      const state = running.get(index);
      return state?.ended && (state.stderrEnded || ended) ? [outputOf(step, state, state.ended)] : [];
    });

  return {
    stdout: stdout.push,
    stderr: stderr.push,
    end() {
      stdout.end();
      stderr.end();
      ended = true;
    },
    steps: outputs,
    complete: () => init.steps.every((_, index) => running.get(index)?.ended !== undefined),
    shellPid: () => shellPid,
    noise: () => noise.finish().text.trim(),
    retainedBytes: () =>
      [...running.values()].reduce((sum, step) => sum + step.stdout.retainedBytes() + step.stderr.retainedBytes(), 0),
  };
}

function isOver(step: RunningStep | undefined): boolean {
  return step?.ended !== undefined && step.stderrEnded;
}

function outputOf(step: ReadStep, state: RunningStep, ended: { at: string; exitCode: number }): StepOutput {
  const stdout = state.stdout.finish();
  const stderr = state.stderr.finish();
  const durationMs = Math.max(0, Math.round((Number(ended.at) - Number(state.startedAt ?? ended.at)) * 1000));
  return {
    id: step.id,
    exitCode: timedOut(step, ended, durationMs) ? null : ended.exitCode,
    durationMs,
    stdout: stdout.text,
    stderr: stderr.text,
    droppedBytes: stdout.droppedBytes + stderr.droppedBytes,
  };
}

/*
 * timeout(1) ends with 124 after TERM and 137 after KILL; a shell reports a child that TERM ended as 143. A command may
 * end with these by itself, so the time must have passed too: /proc/uptime counts in 10 ms, date(1) in seconds.
 */
function timedOut(step: ReadStep, ended: { at: string; exitCode: number }, durationMs: number): boolean {
  const toleranceMs = ended.at.includes('.') ? 50 : 1000;
  const limitMs = timeoutSeconds(step.timeoutMs) * 1000;
  return [124, 137, 143].includes(ended.exitCode) && durationMs >= limitMs - toleranceMs;
}
