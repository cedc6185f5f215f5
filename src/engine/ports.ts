import type { HostName, PersonName, ProposalId, RunId } from '../base/ids.ts';
import type { ProbeId } from '../probes/registry.ts';
import type {
  Approval,
  Attempt,
  FactRecord,
  HostFinding,
  NotConcluded,
  Proposal,
  Run,
  RunHost,
  StepRecord,
  Surface,
  UndoRequest,
} from './model.ts';
import type { RunState } from './state.ts';
import type { HostFailure } from './transport.ts';
import type { AuditHead, AuditReport } from './audit-chain.ts';
import type { BrokenGlassStore } from './broken-glass.ts';
import type { DecisionResult } from './decision-result.ts';
import type { OverviewStore } from './overview-store.ts';
import type { RunFigureStore } from './run-figures.ts';
import type { GroupStore } from './policy/membership.ts';
import type { ChangeView } from './change.ts';

/** Something worth remembering for ever: who did what, where from. Chained and stored with what it records. */
export interface AuditEntry {
  /** Past tense, dotted: `run.started`, `proposal.approved`, `decision.denied`. */
  readonly event: string;
  /** A person's name, or `countersign` for what the product does by itself. */
  readonly actor: string;
  readonly surface: Surface | 'engine';
  /** `run:41` or `proposal:41-1`. */
  readonly subject: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The right to work on one subject, held by one process at a time. */
export interface Lease {
  readonly subject: string;
  readonly owner: string;
  /** Grows with every holder; a write with an old token is refused. */
  readonly token: number;
}

/** A run before it has a number. */
export type NewRun = Pick<
  Run,
  'runbook' | 'runbookVersion' | 'params' | 'selector' | 'requester' | 'surface' | 'channel' | 'createdAt'
> & {
  readonly hosts: readonly HostName[];
};

/** What one host answered, stored at once. */
export interface HostAnswerRecord {
  readonly host: HostName;
  readonly outcome: 'ok' | HostFailure;
  readonly detail: string | null;
  readonly finishedAt: number;
  readonly steps: readonly Omit<StepRecord, 'host'>[];
  readonly facts: readonly { readonly probe: ProbeId; readonly fact: unknown }[];
  readonly numbers: Readonly<Record<string, number>>;
}

/** What a run concluded, stored at once. */
export interface Conclusion {
  readonly findings: readonly HostFinding[];
  readonly notConcluded: readonly NotConcluded[];
  readonly proposals: readonly { readonly proposal: Proposal; readonly attempts: readonly Attempt[] }[];
  readonly at: number;
}

/** What a history query asks for. */
export interface HistoryQuery {
  readonly host?: HostName;
  readonly runbook?: string;
  /** Only runs begun at or after this instant. */
  readonly since?: number;
  readonly limit: number;
}

/** One line of history: a run and what came of it. */
export interface HistoryEntry {
  readonly run: Run;
  readonly hosts: readonly RunHost[];
  readonly worst: { readonly severity: string; readonly title: string } | null;
  readonly findings: number;
  readonly proposals: readonly { readonly id: ProposalId; readonly title: string; readonly state: Proposal['state'] }[];
}

/** A message that shows stored state in Slack. `ts` is null between the reservation and the post. */
interface MessageRecord {
  readonly subject: string;
  readonly channel: string;
  readonly ts: string | null;
  readonly renderedRevision: number;
}

/** New values of an attempt beside its state. */
export interface AttemptPatch {
  readonly host: HostName;
  readonly detail?: string;
  readonly before?: unknown;
  readonly statements?: readonly string[];
}

/**
 * The one store of everything that must survive. Every method is atomic and durable when it resolves.
 * Failures of the medium throw store/unavailable or store/full; nothing is then half-written.
 */
export interface Store extends AsyncDisposable {
  readonly runs: RunStore;
  readonly changes: ChangeStore;
  readonly leases: LeaseStore;
  readonly messages: MessageStore;
  readonly audit: AuditStore;
  readonly brokenGlass: BrokenGlassStore;
  readonly groups: GroupStore;
  readonly overview: OverviewStore;
  readonly figures: RunFigureStore;
}

/** Runs, their hosts, steps, facts and findings. */
export interface RunStore {
  create(run: NewRun): Promise<RunId>;
  find(id: RunId): Promise<Run | undefined>;
  hosts(id: RunId): Promise<readonly RunHost[]>;
  steps(id: RunId): Promise<readonly StepRecord[]>;
  facts(id: RunId): Promise<readonly FactRecord[]>;
  findings(id: RunId): Promise<readonly HostFinding[]>;
  notConcluded(id: RunId): Promise<readonly NotConcluded[]>;
  /** Runs that are still reading, oldest first. */
  unfinished(): Promise<readonly RunId[]>;
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  /** Notes which step a host is at; a host that answered is left alone. */
  progressed(id: RunId, host: HostName, step: string | null, at: number): Promise<void>;
  /** Stores a host's answer once; a second answer of the same host is ignored. */
  answered(id: RunId, answer: HostAnswerRecord, lease: Lease): Promise<void>;
  /** reading → finished, with everything that was concluded. False when the run was not reading any more. */
  conclude(id: RunId, conclusion: Conclusion, lease: Lease): Promise<boolean>;
  /** reading → cancelled or failed. False when the run was not reading any more. */
  end(id: RunId, state: Exclude<RunState, 'reading' | 'finished'>, detail: string, audit: AuditEntry): Promise<boolean>;
}

/** Proposals, approvals, undo requests and attempts. */
export interface ChangeStore {
  find(id: ProposalId): Promise<Proposal | undefined>;
  ofRun(id: RunId): Promise<readonly Proposal[]>;
  attempts(id: ProposalId): Promise<readonly Attempt[]>;
  approvals(id: ProposalId): Promise<readonly Approval[]>;
  undoRequests(id: ProposalId): Promise<readonly UndoRequest[]>;
  /** Changes that wait for the worker: those at work on a host, then the others; oldest first. */
  working(): Promise<readonly ProposalId[]>;
  /** Records one verdict if the proposal is open, not expired, of this digest, and the person has not decided it. */
  decide(approval: Approval): Promise<DecisionResult>;
  /**
   * Records a wish to undo and moves the change; undefined when it cannot be undone now. Throws state/host-busy while
   * another change is at work on one of its hosts.
   */
  requestUndo(request: UndoRequest): Promise<Proposal | undefined>;
  /** Moves a change whose hosts have to be asked again; undefined when none has to be. Throws state/host-busy. */
  requestLook(id: ProposalId, audit: AuditEntry): Promise<Proposal | undefined>;
  /**
   * Moves a change under a lease and stores the outcome of what was done on a host. Throws state/host-busy, and stores
   * nothing, when it would begin on a host on which another change is at work.
   */
  advance(
    id: ProposalId,
    move: (change: ChangeView) => ChangeView,
    patch: AttemptPatch,
    lease: Lease,
    at: number,
  ): Promise<ChangeView>;
  /** Closes open proposals whose time is over; returns them. */
  expire(now: number): Promise<readonly ProposalId[]>;
  /** A change that is being worked on, on this host, other than `except`. */
  busyHost(host: HostName, except: ProposalId): Promise<ProposalId | undefined>;
}

/** Who works on what. */
export interface LeaseStore {
  /** The lease, or undefined while somebody else who is alive holds it. */
  acquire(subject: string, owner: string, ttlMs: number, now: number): Promise<Lease | undefined>;
  /** False when the lease was lost. */
  renew(lease: Lease, ttlMs: number, now: number): Promise<boolean>;
  release(lease: Lease): Promise<void>;
}

/** Slack messages and deliveries. */
export interface MessageStore {
  /** Reserves the message of a subject; false when it is reserved or posted already. */
  reserve(subject: string, channel: string): Promise<boolean>;
  posted(subject: string, channel: string, ts: string, revision: number): Promise<void>;
  rendered(subject: string, channel: string, revision: number): Promise<void>;
  find(subject: string): Promise<MessageRecord | undefined>;
  /** What a message is about; undefined when it is not one of ours. */
  subjectAt(channel: string, ts: string): Promise<string | undefined>;
  /** Messages that were posted, or may have been, whose subject begins so and that do not show this revision yet. */
  behind(prefix: string, revision: number, limit: number): Promise<readonly MessageRecord[]>;
  /** Runs asked in Slack whose message does not show their latest revision. */
  outdated(limit: number): Promise<readonly RunId[]>;
  /** Broken glass whose message does not show its latest state. */
  outdatedGlass(limit: number): Promise<readonly ProposalId[]>;
  /** True for the first claim of a delivery's key; false for every repetition. */
  claim(key: string, at: number): Promise<boolean>;
}

/** The hash chain of what people and the product did. */
interface AuditStore {
  append(entry: AuditEntry): Promise<void>;
  /** Entries of a subject, oldest first. */
  of(subject: string): Promise<readonly AuditEntry[]>;
  /** The last entry. */
  head(): Promise<AuditHead>;
  /** Works out every entry's place, link and hash anew; `expected` is a head that was noted down outside the database. */
  verify(expected: AuditHead | undefined): Promise<AuditReport>;
}

/** A person who may use the product, under all their identities. */
export interface Person {
  readonly name: PersonName;
  readonly slackUserId: string | undefined;
  readonly unixUser: string | undefined;
  readonly roles: readonly Role[];
}

/** What a person may do: `run` runbooks, `approve` other people's proposals. */
export type Role = 'run' | 'approve';
