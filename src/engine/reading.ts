import { crashPoint } from '../base/crash-point.ts';
import { messageOf } from '../base/error.ts';
import type { HostName, RunId } from '../base/ids.ts';
import { mapLimit } from '../base/map-limit.ts';
import { type Runbook, numberOf } from '../runbook/runbook.ts';
import { askQuestions, factEntries, type Question, readAnswer } from './asking.ts';
import { conclude, failRun } from './concluding.ts';
import type { EngineContext } from './context.ts';
import type { Run } from './model.ts';
import type { Lease } from './ports.ts';

/**
 * Brings a run from `reading` to `finished`: asks every host that has not answered yet, stores each answer as it
 * comes, then concludes. Safe to call again after a crash: what was stored is not asked again.
 */
export async function workOnRun(
  context: EngineContext,
  runId: RunId,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  crashPoint('run.after-lease');
  const run = await context.store.runs.find(runId);
  if (run?.state !== 'reading') return;
  const runbook = await sameRunbook(context, run);
  if (!runbook) return;
  const questions = runbook.steps.map(
    (step): Question => ({ probe: step.probe, intervalSeconds: numberOf(step.interval, run.params) }),
  );
  const hosts = await context.store.runs.hosts(runId);
  const open = hosts.filter((host) => host.state !== 'answered');
  await mapLimit(open, context.timing.hostsAtOnce, ({ host }) =>
    askHost({ context, run, questions, lease, signal }, host),
  );
  if (signal.aborted) return;
  crashPoint('run.before-conclude');
  await conclude(context, run, runbook, lease);
  crashPoint('run.after-conclude');
}

async function sameRunbook(context: EngineContext, run: Run): Promise<Runbook | undefined> {
  try {
    const runbook = context.runbooks.runbook(run.runbook);
    if (runbook.version === run.runbookVersion) return runbook;
    await failRun(context, run, `The runbook ${run.runbook} was changed while this run was under way; run it again.`);
  } catch (error) {
    await failRun(context, run, messageOf(error));
  }
  return undefined;
}

interface Asking {
  readonly context: EngineContext;
  readonly run: Run;
  readonly questions: readonly Question[];
  readonly lease: Lease;
  readonly signal: AbortSignal;
}

async function askHost({ context, run, questions, lease, signal }: Asking, name: HostName): Promise<void> {
  const { store, transport, clock, redact } = context;
  if (signal.aborted) return;
  const host = context.inventory.host(name);
  if (!host) {
    const detail = `${name} is not in the inventory any more.`;
    const gone = {
      host: name,
      outcome: 'unknown',
      detail,
      finishedAt: clock.now(),
      steps: [],
      facts: [],
      numbers: {},
    } as const;
    await store.runs.answered(run.id, gone, lease);
    return;
  }
  await store.runs.progressed(run.id, name, null, clock.now());
  const progress = createProgress(context, run.id, name);
  const outcome = await askQuestions(transport, host, questions, { signal, onStepStarted: progress.started });
  await progress.settled();
  if (signal.aborted) return;
  crashPoint('run.before-answer');
  const answer = readAnswer(outcome, questions, redact);
  await store.runs.answered(
    run.id,
    {
      host: name,
      outcome: outcome.kind,
      detail: outcome.kind === 'ok' ? null : redact(outcome.detail),
      finishedAt: clock.now(),
      steps: answer.steps,
      facts: factEntries(answer.facts),
      numbers: answer.numbers,
    },
    lease,
  );
  crashPoint('run.after-answer');
}

/** Notes which step a host is at, one write at a time. It only informs, so a failing write is left to the answer's. */
function createProgress(context: EngineContext, runId: RunId, host: HostName) {
  let writing: Promise<void> = Promise.resolve();
  let latest: string | null = null;
  const note = async (step: string): Promise<void> => {
    if (latest !== step) return;
    try {
      await context.store.runs.progressed(runId, host, step, context.clock.now());
    } catch (error) {
      context.logger.warn('progress could not be stored', { run: runId, host, error: messageOf(error) });
    }
  };
  return {
    started: (step: string): void => {
      latest = step;
      writing = writing.then(() => note(step));
    },
    settled: (): Promise<void> => writing,
  };
}
