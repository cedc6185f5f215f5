import type { Redact } from '../base/redact.ts';
import type { Host } from '../inventory/host.ts';
import type { Probe } from '../probes/probe.ts';
import type { Facts, ProbeId } from '../probes/registry.ts';
import type { StepRecord } from './model.ts';
import type { ReadOptions, ReadOutcome, ReadStep, StepOutput, Transport } from './transport.ts';

/** A probe to ask and the seconds between its samples. */
export interface Question {
  readonly probe: Probe;
  readonly intervalSeconds: number;
}

/** What a host's answer to questions is worth: its facts, and a record of every step. */
export interface Answer {
  readonly facts: Facts;
  readonly numbers: Readonly<Record<string, number>>;
  readonly steps: readonly Omit<StepRecord, 'host'>[];
}

/** The questions as steps of one framed script for a host. */
function stepsFor(host: Host, questions: readonly Question[]): ReadStep[] {
  return questions.map(({ probe, intervalSeconds }) => {
    const context = { sudo: host.sudo === 'passwordless', intervalSeconds };
    return { id: probe.id, command: probe.command(context), timeoutMs: probe.timeoutMs(context) };
  });
}

/**
 * Asks a host all questions: the quick ones in one script, and beside it each that mostly waits, so that a run takes as
 * long as its longest wait and not as the sum of them. Steps come back in the order of the questions.
 */
export async function askQuestions(
  transport: Transport,
  host: Host,
  questions: readonly Question[],
  options: ReadOptions,
): Promise<ReadOutcome> {
  const quick = questions.filter(({ probe }) => !probe.waits);
  const waiting = questions.filter(({ probe }) => probe.waits);
  const scripts = [...(quick.length === 0 ? [] : [quick]), ...waiting.map((question) => [question])];
  const outcomes = await Promise.all(scripts.map((asked) => transport.read(host, stepsFor(host, asked), options)));
  const order = questions.map(({ probe }) => probe.id);
  const steps = outcomes.flatMap((outcome) => outcome.steps).sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  const durationMs = Math.max(0, ...outcomes.map((outcome) => outcome.durationMs));
  const failed = outcomes.find(({ kind }) => kind !== 'ok');
  return failed ? { ...failed, steps, durationMs } : { kind: 'ok', steps, durationMs };
}

/** Parses what a host answered. Output is parsed as it came and redacted before anybody keeps it. */
export function readAnswer(outcome: ReadOutcome, questions: readonly Question[], redact: Redact): Answer {
  const facts: Record<string, unknown> = {};
  const numbers: Record<string, number> = {};
  const steps = outcome.steps.flatMap((output): Omit<StepRecord, 'host'>[] => {
    const probe = questions.find((question) => question.probe.id === output.id)?.probe;
    if (!probe) return [];
    const parsed = parseStep(probe, output);
    if (parsed.ok) {
      facts[probe.id] = redactDeep(parsed.fact, redact);
      Object.assign(numbers, probe.numbers?.(parsed.fact) ?? {});
    }
    return [stepRecord(output, parsed, redact)];
  });
  return { facts: facts as Facts, numbers, steps };
}

/** The answer's facts one by one, as the store keeps them. */
export function factEntries(facts: Facts): { probe: ProbeId; fact: unknown }[] {
  return Object.entries(facts).map(([probe, fact]) => ({ probe: probe as ProbeId, fact }));
}

type StepParse =
  | { ok: true; fact: unknown }
  | { ok: false; problem: NonNullable<StepRecord['problem']>; reason: string };

function parseStep(probe: Probe, output: StepOutput): StepParse {
  if (output.exitCode === null) {
    return {
      ok: false,
      problem: 'timed_out',
      reason: `It did not answer within ${Math.round(output.durationMs / 1000)} s and was stopped.`,
    };
  }
  return probe.parse({
    stdout: output.stdout,
    stderr: output.stderr,
    exitCode: output.exitCode,
    droppedBytes: output.droppedBytes,
  });
}

/** What is kept of a step's output for people; facts were parsed from all of it. */
const KEPT_CHARACTERS = 20_000;

function stepRecord(output: StepOutput, parsed: StepParse, redact: Redact): Omit<StepRecord, 'host'> {
  return {
    probe: output.id,
    exitCode: output.exitCode,
    durationMs: output.durationMs,
    droppedBytes: output.droppedBytes,
    stdout: headAndTail(redact(output.stdout)),
    stderr: headAndTail(redact(output.stderr)),
    problem: parsed.ok ? null : parsed.problem,
    reason: parsed.ok ? null : redact(parsed.reason),
  };
}

function headAndTail(text: string): string {
  if (text.length <= KEPT_CHARACTERS) return text;
  const half = KEPT_CHARACTERS / 2;
  return `${text.slice(0, half)}\n… ${text.length - KEPT_CHARACTERS} characters left out …\n${text.slice(-half)}`;
}

function redactDeep(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redact));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactDeep(member, redact)]));
}
