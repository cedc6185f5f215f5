import type { PersonName } from '../base/ids.ts';
import type { Overview } from '../engine/overview.ts';
import type { FreezeInForce } from '../engine/policy/freeze.ts';
import type { Policy } from '../engine/policy.ts';
import type { ProposalView } from '../engine/view.ts';

/** An open proposal that a person may approve now. */
export interface WaitingProposal {
  readonly view: ProposalView;
  /** What keeps it from being approved at the moment. */
  readonly freeze: FreezeInForce | undefined;
}

/** An open proposal that a person cannot approve. */
export interface OthersProposal {
  readonly view: ProposalView;
  /** What the policy wants by now that it was not made for, as a clause: nobody can approve it any more. */
  readonly stricter: string | undefined;
}

/** What one person's Home shows. */
export interface HomePage {
  readonly person: PersonName;
  readonly overview: Overview;
  /** What this person may approve and has not decided; what expires first is first. */
  readonly waitsForYou: readonly WaitingProposal[];
  /** The other open proposals: this person's own first. */
  readonly waitsForOthers: readonly OthersProposal[];
  readonly now: number;
}

/** What of an overview waits for this person, by the policy as it is now. */
export function homePageOf(input: {
  readonly overview: Overview;
  readonly person: PersonName;
  readonly policy: Policy;
  readonly now: number;
}): HomePage {
  const { overview, person, policy, now } = input;
  const open = overview.open
    .filter(({ proposal }) => proposal.expiresAt > now)
    .map((view) => ({ view, stricter: policy.stricterNow(view.proposal) }));
  const forMe = open.filter(({ view, stricter }) => stricter === undefined && waitsFor(person, view, policy));
  const others = open.filter((one) => !forMe.includes(one));
  const own = others.filter(({ view }) => view.proposal.requester === person);
  return {
    person,
    overview,
    waitsForYou: forMe.map(({ view }) => ({
      view,
      freeze: policy.freezeOf(
        view.proposal.plan.hosts.map(({ host }) => host),
        now,
      ),
    })),
    waitsForOthers: [...own, ...others.filter((one) => !own.includes(one))],
    now,
  };
}

function waitsFor(person: PersonName, { proposal, approvals }: ProposalView, policy: Policy): boolean {
  if (approvals.some((approval) => approval.person === person)) return false;
  return policy.approversBeside(proposal).some(({ name }) => name === person);
}

/** The subjects of the messages that a page leads to. */
export function subjectsOf({ overview, waitsForYou, waitsForOthers }: HomePage): string[] {
  const { running, working, stuck, ended, troubled } = overview;
  const waiting = [
    ...waitsForYou.slice(0, SHOWN_AT_MOST).map(({ view }) => view),
    ...waitsForOthers.slice(0, SHOWN_AT_MOST).map(({ view }) => view),
  ];
  const changes = [...waiting, ...working.first, ...stuck.first, ...ended.first];
  const runs = [...running.first.map(({ run }) => run.id), ...troubled.first.map(({ run }) => run)];
  return [
    ...new Set([...changes.map(({ proposal }) => `proposal:${proposal.id}`), ...runs.map((run) => `run:${run}`)]),
  ];
}

/** No section shows more. */
const SHOWN_AT_MOST = 10;
