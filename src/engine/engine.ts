import type { Condition } from '../base/condition.ts';
import { OperatorError } from '../base/error.ts';
import type { HostName, PersonName, ProposalId, RunId } from '../base/ids.ts';
import { selectHosts } from '../inventory/selector.ts';
import { resolveParams } from '../runbook/params.ts';
import type { Asker } from './asker.ts';
import type { AuditHead, AuditReport } from './audit-chain.ts';
import { type BreakGlassRequest, breakGlass, closeReview, type ReviewRequest } from './break-glass.ts';
import type { BrokenGlass } from './broken-glass.ts';
import type { EngineContext } from './context.ts';
import {
  type DecisionRequest,
  decide,
  requestUndo,
  requireMayApprove,
  requireProposal,
  type UndoWish,
} from './deciding.ts';
import { checkHosts } from './host-check.ts';
import type { HostCheck, HostCheckRequest } from './host-check/model.ts';
import { recordTrust, type TrustedKey } from './host-keys.ts';
import { requestLook } from './looking.ts';
import type { Proposal } from './model.ts';
import { loadOverview, type Overview } from './overview.ts';
import type { AuditEntry, HistoryEntry, HistoryQuery } from './ports.ts';
import { recordShared, type RunShared } from './run-shared.ts';
import { auditingRefusal, recordTurnedAway, type TurnedAway } from './refusals.ts';
import { loadRunOutline, loadRunView, type RunOutline, type RunView } from './view.ts';
import { createWorker, type Subject, type Worker } from './worker.ts';

/** A wish to run a runbook. */
interface RunRequest extends Asker {
  readonly runbook: string;
  readonly selector: string;
  readonly params: Readonly<Record<string, string>>;
  /** The Slack channel that follows it; null elsewhere. */
  readonly channel: string | null;
}

/** What Slack and the command line can ask for; both go through the same gates. */
export interface Engine extends AsyncDisposable {
  /** Starts a run and returns its number. Throws request/* or policy/* before anything is stored. */
  start(request: RunRequest): Promise<RunId>;
  /** Stops a run that is still reading; its remote processes end. Throws state/not-applicable when it has ended. */
  cancel(id: RunId, asker: Asker): Promise<void>;
  /** Records a verdict. Throws policy/* or state/* when it does not count; that is recorded too. */
  decide(request: DecisionRequest): Promise<Proposal>;
  /** Whether an approval could count now; asked before people are asked to confirm it. Throws what `decide` would. */
  requireMayApprove(request: Asker & Pick<DecisionRequest, 'proposal' | 'digest'>): Promise<Proposal>;
  /** Has a proposal applied without the approvals it lacks. Throws policy/* or state/*; that is recorded too. */
  breakGlass(request: BreakGlassRequest): Promise<Proposal>;
  /** Closes the review of broken glass. Throws policy/* or state/*; that is recorded too. */
  closeReview(request: ReviewRequest): Promise<BrokenGlass>;
  /** Broken glass that nobody has reviewed yet, oldest first. */
  openReviews(): Promise<readonly BrokenGlass[]>;
  brokenGlass(id: ProposalId): Promise<BrokenGlass | undefined>;
  /** Records that somebody was not let in, before they could ask for anything. */
  denied(turned: TurnedAway): Promise<void>;
  /** Records that a run was shown to others. */
  shared(shared: RunShared): Promise<void>;
  /** The last entry of the audit chain. */
  auditHead(): Promise<AuditHead>;
  /** Looks through the whole audit chain; `expected` is a head that was noted down earlier. */
  verifyAudit(expected: AuditHead | undefined): Promise<AuditReport>;
  /** Asks to undo a change. Throws policy/* or state/not-applicable. */
  undo(request: UndoWish): Promise<Proposal>;
  /** Has hosts whose outcome is not known asked again. Throws policy/* or state/not-applicable. */
  look(id: string, asker: Asker, digest?: string): Promise<Proposal>;
  /** What works on hosts: reaching them, their keys, login, sudo, tools, nginx. Only looks. Throws request/* or policy/*. */
  checkHosts(request: HostCheckRequest): Promise<HostCheck>;
  /** Records who vouches for a host's key. */
  trusted(key: TrustedKey): Promise<void>;
  view(id: RunId): Promise<RunView>;
  /** The same without what hosts printed, which may be megabytes. */
  outline(id: RunId): Promise<RunOutline>;
  /** How many steps' outputs are kept of a run. */
  outputs(id: RunId): Promise<number>;
  proposal(id: string): Promise<Proposal>;
  /** What is under way, waits and is in trouble. */
  overview(): Promise<Overview>;
  /** Differs when the overview does, but for what passing time makes of it. */
  overviewStamp(): Promise<string>;
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  /** Works on one subject until it waits for people or is done. */
  drive(subject: Subject): Promise<void>;
  /** Takes up all work from now on, including what dead processes left. */
  serve(): void;
  /** Whether work is taken up, as of the last look for it. */
  condition(): Condition;
}

/** The engine over its ports. */
export function createEngine(context: EngineContext): Engine {
  const worker = createWorker(context);
  const { store, clock } = context;

  return {
    start: async (request) => {
      const id = await startRun(context, request);
      worker.nudge();
      return id;
    },
    cancel: async (id, asker) => {
      await cancelRun(context, id, asker);
      worker.interrupt({ kind: 'run', id });
    },
    decide: (request) => nudging(worker, decide(context, request)),
    requireMayApprove: (request) => requireMayApprove(context, request),
    breakGlass: (request) => nudging(worker, breakGlass(context, request)),
    undo: (request) => nudging(worker, requestUndo(context, request)),
    look: (id, asker, digest) => nudging(worker, requestLook(context, asker, id, digest)),
    checkHosts: (request) => checkHosts(context, request),
    trusted: (key) => recordTrust(context, key),
    closeReview: (request) => closeReview(context, request),
    openReviews: () => store.brokenGlass.unreviewed(),
    brokenGlass: (id) => store.brokenGlass.of(id),
    denied: (turned) => recordTurnedAway(context, turned),
    shared: (shared) => recordShared(context, shared),
    auditHead: () => store.audit.head(),
    verifyAudit: (expected) => store.audit.verify(expected),
    view: async (id) => loadRunView(store, await requireRun(context, id)),
    outline: async (id) => loadRunOutline(store, await requireRun(context, id)),
    outputs: (id) => store.figures.outputs(id),
    proposal: (id) => requireProposal(context, id),
    overview: () => loadOverview(store, context.inventory, clock.now()),
    overviewStamp: () => store.overview.stamp(),
    history: (query) => store.runs.history(query),
    drive: (subject) => worker.drive(subject),
    serve: () => {
      context.logger.info('engine is serving', { owner: context.owner, at: clock.now() });
      worker.serve();
    },
    condition: () => worker.condition(),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}

/** Whatever came of a person's wish may be work. */
async function nudging<T>(worker: Worker, wish: Promise<T>): Promise<T> {
  const done = await wish;
  worker.nudge();
  return done;
}

async function startRun(context: EngineContext, request: RunRequest): Promise<RunId> {
  const { person, surface, selector } = request;
  const runbook = context.runbooks.runbook(request.runbook);
  const params = resolveParams(runbook, request.params);
  const hosts = selectHosts(context.inventory, selector).map(({ name }) => name);
  const wish = { actor: person, surface, event: 'run.denied', subject: `runbook:${runbook.name}`, body: { hosts } };
  await auditingRefusal(context, wish, () => requireMayRun(context, person, { runbook: runbook.name, hosts }));
  return context.store.runs.create({
    runbook: runbook.name,
    runbookVersion: runbook.version,
    params,
    selector: selector.trim(),
    requester: person,
    surface,
    channel: request.channel,
    createdAt: context.clock.now(),
    hosts,
  });
}

async function requireMayRun(
  { policy }: EngineContext,
  person: PersonName,
  subject: { readonly runbook: string; readonly hosts: readonly HostName[] },
): Promise<void> {
  await policy.refresh();
  policy.requireMayRun(person, subject);
}

async function cancelRun(context: EngineContext, id: RunId, asker: Asker): Promise<void> {
  const { person, surface } = asker;
  const subject = `run:${id}`;
  await auditingRefusal(context, { actor: person, surface, event: 'cancel.denied', subject, body: {} }, async () => {
    const { runbook } = await requireRun(context, id);
    const hosts = (await context.store.runs.hosts(id)).map(({ host }) => host);
    await requireMayRun(context, person, { runbook, hosts });
    const audit = auditOf(context, asker, 'run.cancelled', subject, {});
    if (await context.store.runs.end(id, 'cancelled', `Cancelled by ${person}.`, audit)) return;
    throw new OperatorError('state/not-applicable', {
      message: `run ${id} has already ended`,
      hint: 'There is nothing to cancel.',
    });
  });
}

function auditOf(
  context: EngineContext,
  asker: Asker,
  event: string,
  subject: string,
  body: AuditEntry['body'],
): AuditEntry {
  return { event, actor: asker.person, surface: asker.surface, subject, at: context.clock.now(), body };
}

async function requireRun(context: EngineContext, id: RunId) {
  const run = await context.store.runs.find(id);
  if (run) return run;
  throw new OperatorError('request/unknown-run', {
    message: `there is no run ${id}`,
    hint: 'Look at the history for the runs there are.',
  });
}
