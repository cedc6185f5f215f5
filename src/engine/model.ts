import type { AttemptId, HostName, PersonName, ProposalId, RunId } from '../base/ids.ts';
import type { ProbeId } from '../probes/registry.ts';
import type { HostPlan } from '../remedies/remedy.ts';
import type { Finding } from '../rules/rule.ts';
import type { ParamValues } from '../runbook/runbook.ts';
import type { Rollout } from './change.ts';
import type { AttemptState, ChangeState, RunState } from './state.ts';
import type { HostFailure } from './transport.ts';

/** Where a request came from. */
export type Surface = 'slack' | 'cli';

/** One execution of a runbook on a set of hosts, as stored. Instants are ms since the epoch. */
export interface Run {
  readonly id: RunId;
  readonly runbook: string;
  readonly runbookVersion: string;
  readonly params: ParamValues;
  /** The hosts as the requester typed them. */
  readonly selector: string;
  readonly requester: PersonName;
  readonly surface: Surface;
  /** The Slack channel it was asked in; null elsewhere. */
  readonly channel: string | null;
  readonly state: RunState;
  /** Why it ended early; null when it did not. */
  readonly detail: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** Grows with every stored difference of the run, its hosts, proposals and changes. */
  readonly revision: number;
}

/** One host of a run. */
export interface RunHost {
  readonly host: HostName;
  readonly state: 'waiting' | 'reading' | 'answered';
  /** null until answered. */
  readonly outcome: 'ok' | HostFailure | null;
  readonly detail: string | null;
  /** The step that runs now, while reading. */
  readonly currentStep: string | null;
  /** Since when it is at that step, or is being connected to; null when it is neither. */
  readonly stepSince: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** What one step left on one host, bounded and redacted. */
export interface StepRecord {
  readonly host: HostName;
  readonly probe: string;
  readonly exitCode: number | null;
  readonly durationMs: number;
  readonly droppedBytes: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why no fact came of it; null when one did. */
  readonly problem: 'timed_out' | 'sudo_refused' | 'tool_missing' | 'unreadable' | null;
  readonly reason: string | null;
}

/** A probe's fact on one host at one time. */
export interface FactRecord {
  readonly host: HostName;
  readonly probe: ProbeId;
  readonly at: number;
  readonly fact: unknown;
}

/** A finding and the host it was made on. */
export interface HostFinding {
  readonly host: HostName;
  readonly finding: Finding;
}

/** A rule that could not be asked on a host, and why. */
export interface NotConcluded {
  readonly host: HostName;
  readonly rule: string;
  readonly because: string;
}

/** The planned change of a proposal: exact per host, and what could not be planned. */
export interface ChangePlan {
  readonly runbook: string;
  readonly remedy: string;
  readonly title: string;
  readonly risk: 'low' | 'medium' | 'high';
  readonly hosts: readonly HostPlan[];
  readonly rollout: Rollout;
  /** Why an approver has to type the proposal's name; empty = a click is enough. */
  readonly typed: readonly string[];
  /** Hosts where nothing is planned. */
  readonly left: readonly LeftHost[];
}

/** A host that a change leaves alone, with the reason. */
export interface LeftHost {
  readonly host: HostName;
  readonly kind: 'nothing' | 'refused' | 'advice';
  readonly reason: string;
  /** What to do elsewhere instead, for `advice`. */
  readonly text?: string | undefined;
}

/** A planned change that waits for people, and what became of it. */
export interface Proposal {
  readonly id: ProposalId;
  readonly runId: RunId;
  readonly number: number;
  readonly plan: ChangePlan;
  /** Digest over plan, hosts, runbook version and the facts the plan rests on; approvals bind to it. */
  readonly digest: string;
  readonly requester: PersonName;
  readonly neededApprovals: number;
  readonly state: ChangeState;
  readonly detail: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** One person's recorded yes or no to one proposal digest. */
export interface Approval {
  readonly proposal: ProposalId;
  readonly digest: string;
  readonly person: PersonName;
  readonly verdict: 'approve' | 'reject';
  readonly reason: string | null;
  readonly surface: Surface;
  readonly at: number;
}

/** One person's request to undo a change. */
export interface UndoRequest {
  readonly proposal: ProposalId;
  readonly person: PersonName;
  readonly reason: string | null;
  readonly surface: Surface;
  readonly at: number;
}

/** A change on one host. */
export interface Attempt {
  readonly id: AttemptId;
  readonly proposal: ProposalId;
  readonly host: HostName;
  readonly state: AttemptState;
  /** What happened, in a sentence; null while nothing did. */
  readonly detail: string | null;
  /** The facts read right before applying, that the proof compares with; null before. */
  readonly before: unknown;
  /** What was proven or not, with numbers. */
  readonly statements: readonly string[];
  /** When the state was reached, ms since the epoch. */
  readonly updatedAt: number;
  /** When the host was known to have the change, ms since the epoch; null before. */
  readonly appliedAt: number | null;
}
