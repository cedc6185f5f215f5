import { OperatorError } from '../base/error.ts';
import { asProposalId, type PersonName, type ProposalId, type RunId } from '../base/ids.ts';
import { selectHosts } from '../inventory/selector.ts';
import { resolveParams } from '../runbook/params.ts';
import { crashPoint } from '../base/crash-point.ts';
import type { EngineContext } from './context.ts';
import { refusedDecision } from './decision-refusals.ts';
import { requestLook } from './looking.ts';
import type { Proposal, Surface } from './model.ts';
import type { AuditEntry, HistoryEntry, HistoryQuery } from './ports.ts';
import { loadRunView, type RunView } from './view.ts';
import { createWorker, type Subject } from './worker.ts';

/** Who asks for something, from where. */
export interface Asker {
  readonly person: PersonName;
  readonly surface: Surface;
}

/** A wish to run a runbook. */
interface RunRequest extends Asker {
  readonly runbook: string;
  readonly selector: string;
  readonly params: Readonly<Record<string, string>>;
  /** The Slack channel that follows it; null elsewhere. */
  readonly channel: string | null;
}

/** A yes or no to a proposal. The digest is what the person saw; undefined = what is stored now, for people who read it there. */
interface DecisionRequest extends Asker {
  readonly proposal: string;
  readonly verdict: 'approve' | 'reject';
  readonly digest: string | undefined;
  readonly reason: string | null;
}

/** A wish to take a change back. */
interface UndoWish extends Asker {
  readonly proposal: string;
  readonly reason: string | null;
}

/** What Slack and the command line can ask for; both go through the same gates. */
export interface Engine extends AsyncDisposable {
  /** Starts a run and returns its number. Throws request/* or policy/* before anything is stored. */
  start(request: RunRequest): Promise<RunId>;
  /** Stops a run that is still reading; its remote processes end. Throws state/not-applicable when it has ended. */
  cancel(id: RunId, asker: Asker): Promise<void>;
  /** Records a verdict. Throws policy/* or state/* when it does not count; that is recorded too. */
  decide(request: DecisionRequest): Promise<Proposal>;
  /** Asks to undo a change. Throws policy/* or state/not-applicable. */
  undo(request: UndoWish): Promise<Proposal>;
  /** Has hosts whose outcome is not known asked again. Throws policy/* or state/not-applicable. */
  look(id: string, asker: Asker): Promise<Proposal>;
  view(id: RunId): Promise<RunView>;
  proposal(id: string): Promise<Proposal>;
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  /** Works on one subject until it waits for people or is done. */
  drive(subject: Subject): Promise<void>;
  /** Takes up all work from now on, including what dead processes left. */
  serve(): void;
}

/** The engine over its ports. */
export function createEngine(context: EngineContext): Engine {
  const worker = createWorker(context);
  const { store, clock, policy } = context;
  const proposal = async (id: string): Promise<Proposal> =>
    (await store.changes.find(asProposalId(id))) ?? unknownProposal(id);

  return {
    start: async (request) => {
      const id = await startRun(context, request);
      worker.nudge();
      return id;
    },
    cancel: async (id, asker) => {
      policy.requireMayRun(asker.person);
      const audit = auditOf(context, asker, 'run.cancelled', `run:${id}`, {});
      if (!(await store.runs.end(id, 'cancelled', `Cancelled by ${asker.person}.`, audit))) {
        await requireRun(context, id);
        throw new OperatorError('state/not-applicable', {
          message: `run ${id} has already ended`,
          hint: 'There is nothing to cancel.',
        });
      }
      worker.interrupt({ kind: 'run', id });
    },
    decide: async (request) => {
      const decided = await decide(context, request, await proposal(request.proposal));
      worker.nudge();
      return decided;
    },
    undo: async (request) => {
      const wanted = await requestUndo(context, request, await proposal(request.proposal));
      worker.nudge();
      return wanted;
    },
    look: async (id, asker) => {
      const looking = await requestLook(context, asker, await proposal(id));
      worker.nudge();
      return looking;
    },
    view: async (id) => loadRunView(store, await requireRun(context, id)),
    proposal,
    history: (query) => store.runs.history(query),
    drive: (subject) => worker.drive(subject),
    serve: () => {
      context.logger.info('engine is serving', { owner: context.owner, at: clock.now() });
      worker.serve();
    },
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}

async function startRun(context: EngineContext, request: RunRequest): Promise<RunId> {
  context.policy.requireMayRun(request.person);
  const runbook = context.runbooks.runbook(request.runbook);
  const params = resolveParams(runbook, request.params);
  const hosts = selectHosts(context.inventory, request.selector);
  return context.store.runs.create({
    runbook: runbook.name,
    runbookVersion: runbook.version,
    params,
    selector: request.selector.trim(),
    requester: request.person,
    surface: request.surface,
    channel: request.channel,
    createdAt: context.clock.now(),
    hosts: hosts.map((host) => host.name),
  });
}

async function decide(context: EngineContext, request: DecisionRequest, proposal: Proposal): Promise<Proposal> {
  const { person, surface, verdict, reason } = request;
  const body = { verdict, digest: request.digest ?? null };
  const decided = await auditingDenial(context, request, 'decision.denied', { proposal, body }, async () => {
    context.policy.requireMayDecide(person, proposal, verdict);
    const digest = request.digest ?? proposal.digest;
    const approval = { proposal: proposal.id, digest, person, verdict, reason, surface, at: context.clock.now() };
    const result = await context.store.changes.decide(approval);
    if (result.kind === 'refused') throw refusedDecision(result, proposal);
    return result.proposal;
  });
  crashPoint('decide.after-recorded');
  return decided;
}

async function requestUndo(context: EngineContext, request: UndoWish, proposal: Proposal): Promise<Proposal> {
  const { person, surface, reason } = request;
  const undoing = await auditingDenial(context, request, 'undo.denied', { proposal, body: { reason } }, async () => {
    context.policy.requireMayUndo(person, proposal);
    const wish = { proposal: proposal.id, person, reason, surface, at: context.clock.now() };
    return (await context.store.changes.requestUndo(wish)) ?? cannotUndo(await latest(context, proposal));
  });
  crashPoint('undo.after-requested');
  return undoing;
}

async function latest(context: EngineContext, proposal: Proposal): Promise<Proposal> {
  return (await context.store.changes.find(proposal.id)) ?? proposal;
}

function cannotUndo(proposal: Proposal): never {
  throw new OperatorError('state/not-applicable', {
    message: `${proposal.id} cannot be undone: it is ${proposal.state.replaceAll('_', ' ')}`,
    hint: 'Only a change that was made on at least one host can be undone, once it has come to an end.',
  });
}

/** Records in the audit chain when a person's wish is refused by policy or state, and passes the refusal on. */
async function auditingDenial<T>(
  context: EngineContext,
  asker: Asker,
  event: string,
  about: { readonly proposal: Proposal; readonly body: AuditEntry['body'] },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OperatorError && !error.code.startsWith('store/')) {
      const body = { ...about.body, code: error.code };
      await context.store.audit.append(auditOf(context, asker, event, `proposal:${about.proposal.id}`, body));
    }
    throw error;
  }
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

function unknownProposal(id: ProposalId | string): never {
  throw new OperatorError('request/unknown-proposal', {
    message: `there is no proposal ${id}`,
    hint: 'A proposal is named after its run, for example 41-1.',
  });
}
