import type { HostName, ProposalId, RunId } from '../base/ids.ts';
import type { Proposal } from './model.ts';
import type { ChangeState } from './state.ts';
import type { HostFailure } from './transport.ts';

/** A list that was cut: its first entries, and how many there are. */
export interface Cut<T> {
  readonly first: readonly T[];
  readonly total: number;
}

/** A host whose last run did not answer, or found something critical there. */
export interface TroubledHost {
  readonly host: HostName;
  readonly run: RunId;
  readonly runbook: string;
  readonly outcome: 'ok' | HostFailure;
  /** Why it did not answer; null when it did. */
  readonly detail: string | null;
  /** Titles of what is critical there. */
  readonly critical: readonly string[];
  /** A change of that run which was proven there since; null when there is none. */
  readonly proven: ProposalId | null;
  readonly at: number;
}

/** What an overview is made of. */
export interface OverviewStore {
  /** Differs when anything differs that runs, changes and reviews show. */
  stamp(): Promise<string>;
  /** Proposals in these states: the latest first by when something last happened to them, or by when they expire. */
  proposals(query: ProposalQuery): Promise<Cut<Proposal>>;
  /** Hosts in trouble by the last run since then that was concluded with them, latest first. */
  troubled(since: number): Promise<readonly TroubledHost[]>;
}

/** Which proposals, in which order. */
export interface ProposalQuery {
  readonly states: readonly ChangeState[];
  readonly order: 'latest' | 'expiry';
  readonly limit: number;
}
