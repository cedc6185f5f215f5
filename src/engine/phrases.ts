import { formatDuration } from '../base/duration.ts';
import { count, formatNumber, list } from '../base/format.ts';
import { describeParam } from '../runbook/params.ts';
import type { Param } from '../runbook/runbook.ts';
import type { BrokenGlass } from './broken-glass.ts';
import type { Attempt, Proposal, RunHost } from './model.ts';
import { takenBackReason } from './taken-back.ts';
import type { ProposalView, RunOutline } from './view.ts';

/*
 * The sentences that Slack and the command line share, so that both say the same. Plain text; who shows it escapes it.
 */

const FAILURES: Readonly<Record<string, string>> = {
  unreachable: 'unreachable',
  auth_failed: 'login refused',
  host_key_mismatch: 'host key differs from the pinned one',
  host_key_unknown: 'host key not known',
  timed_out: 'timed out',
  cancelled: 'cancelled',
  unknown: 'outcome unknown',
};

/** "3 of 3 hosts answered"; nobody is left out silently. */
export function coverage(view: RunOutline): string {
  const answered = view.hosts.filter((host) => host.outcome === 'ok').length;
  return `${answered} of ${count(view.hosts.length, 'host')} answered`;
}

/** "web-2 unreachable: connection refused …", one line for every host that did not answer. */
export function unanswered(view: RunOutline): string[] {
  return view.hosts
    .filter((host) => host.outcome !== null && host.outcome !== 'ok')
    .map((host) => `${host.host} ${failureText(host.outcome, host.detail)}`);
}

/** "unreachable: connection refused": why a host did not answer. */
export function failureText(outcome: RunHost['outcome'], detail: string | null): string {
  return `${failureWord(outcome)}: ${detail ?? 'no details'}`;
}

/** "unreachable", "login refused": how a host did not answer. */
export function failureWord(outcome: RunHost['outcome']): string {
  return FAILURES[outcome ?? ''] ?? 'no answer';
}

/** "web-1: sockets (5 of 13)": where a host is while it is being asked. */
export function hostProgress(host: RunHost, probes: readonly string[]): string {
  if (host.state === 'waiting') return `${host.host}: waiting`;
  if (host.state === 'answered')
    return `${host.host}: ${host.outcome === 'ok' ? 'answered' : failureWord(host.outcome)}`;
  if (host.currentStep === null) return `${host.host}: connecting`;
  const at = probes.indexOf(host.currentStep);
  return `${host.host}: ${host.currentStep}${at === -1 ? '' : ` (${at + 1} of ${probes.length})`}`;
}

/** How long the run took, or has taken until now. */
export function elapsed(view: RunOutline, now: number): string {
  return formatDuration((view.run.finishedAt ?? now) - view.run.createdAt);
}

/** "interval=10 min_time_wait=1000", or nothing. */
export function paramsText(view: RunOutline): string {
  return Object.entries(view.run.params)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** What a proposal's state means, with who decided and what came of it. */
export function changeSentences(view: ProposalView): string[] {
  const decided = decisions(view).map(({ what, why }) => punctuated(why ? `${what}: ${why}` : what));
  return [...decided, ...reviewOpen(view), ...stateSentences(view)];
}

/** What a person decided, when and why. */
export interface Decision {
  /** "Approved by bob". */
  readonly what: string;
  readonly at: number;
  /** null when they gave no reason. */
  readonly why: string | null;
}

/** What people decided about a proposal, in the order in which it counts. */
export function decisions({ approvals, undoRequests, brokenGlass }: ProposalView): Decision[] {
  return [
    ...approvals.map(({ verdict, person, reason, at }) => {
      return { what: `${verdict === 'approve' ? 'Approved' : 'Rejected'} by ${person}`, at, why: reason };
    }),
    ...(brokenGlass ? glassDecisions(brokenGlass) : []),
    ...undoRequests.map(({ person, reason, at }) => ({ what: `Undo asked for by ${person}`, at, why: reason })),
  ];
}

function glassDecisions({ person, reason, at, review }: BrokenGlass): Decision[] {
  const broken = { what: `Glass broken by ${person}`, at, why: reason };
  return review ? [broken, { what: `Reviewed by ${review.person}`, at: review.at, why: review.note }] : [broken];
}

/** That somebody still has to look at broken glass. */
export function reviewOpen({ brokenGlass }: ProposalView): string[] {
  return brokenGlass && !brokenGlass.review ? ['Its review is open.'] : [];
}

function punctuated(text: string): string {
  return text.replace(/[^.!?]$/, '$&.');
}

/** What a proposal's state means and what came of the change, beside what people decided. */
export function stateSentences({ proposal, attempts }: ProposalView): string[] {
  const on = (...states: Attempt['state'][]): string =>
    list(attempts.filter(({ state }) => states.includes(state)).map(({ host }) => host));
  const said = (state: Attempt['state'], sentence: (hosts: string) => string): string[] =>
    on(state) === '' ? [] : [sentence(on(state))];
  switch (proposal.state) {
    case 'open':
      return [];
    case 'rejected':
      return ['Nothing was changed.'];
    case 'expired':
      return [
        'Expired before enough people approved; nothing was changed. Run the runbook again for a fresh proposal.',
      ];
    case 'applying':
      return [`Applying: ${progressOf(attempts)}.`];
    case 'proven':
      return [`Applied and proven on ${on('proven')}.`];
    case 'not_proven':
    case 'reverted':
    case 'stale':
    case 'failed':
    case 'needs_human':
      return [
        ...(on('unknown') === '' ? [] : unknownSentences(proposal, on('unknown'))),
        ...said('failed', (hosts) => `Stopped: it did not work on ${hosts}.`),
        ...said(
          'stale',
          (hosts) => `Stopped: ${hosts} differed from what was approved. Run the runbook again for a fresh proposal.`,
        ),
        ...said('not_proven', (hosts) => `It did not help as predicted on ${hosts}, where it is still applied.`),
        ...revertedSentences(attempts),
        ...said('proven', (hosts) => `Proven on ${hosts}.`),
        ...said('untouched', (hosts) => `Not touched: ${hosts}.`),
      ];
    case 'undoing':
      return ['Undoing.'];
    case 'undone':
      return [`Undone on ${on('undone')}: what was captured is back.`];
    case 'undo_failed':
      return [
        `Not undone on ${on('undo_refused', 'undo_unknown')}.`,
        ...said('undone', (hosts) => `Undone on ${hosts}: what was captured is back.`),
      ];
  }
}

function unknownSentences({ plan }: Proposal, hosts: string): string[] {
  const within = formatDuration(plan.rollout.confirmWithinSeconds * 1000);
  return [
    `A person has to look at ${hosts}: what happened there is not known. To look again asks the host; to undo restores what was captured there.`,
    `A host that could not be reached takes it back by itself within ${within}, unless it was confirmed or the host restarted.`,
  ];
}

/** Each reason once, with its hosts. */
function revertedSentences(attempts: readonly Attempt[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { host, detail } of attempts.filter(({ state }) => state === 'reverted')) {
    const reason = takenBackReason(detail) ?? 'it was not proven or not confirmed in time';
    reasons.set(reason, [...(reasons.get(reason) ?? []), host]);
  }
  return [...reasons].map(([reason, hosts]) => `Taken back on ${list(hosts)}: ${reason}.`);
}

const ATTEMPT_WORDS: Readonly<Record<Attempt['state'], string>> = {
  pending: 'waiting',
  intended: 'applying',
  looking: 'being looked at',
  applied: 'applied, waiting for the first signal',
  signalled: 'applied, the first signal is there',
  missed: 'applied, the signal is not as predicted',
  harmful: 'errors appeared after it, being put back',
  confirmed: 'confirmed, being proven',
  proven: 'proven',
  not_proven: 'not proven',
  reverted: 'taken back',
  stale: 'stale',
  failed: 'failed',
  unknown: 'unknown',
  untouched: 'not touched',
  undo_intended: 'undoing',
  undone: 'undone',
  undo_refused: 'undo refused',
  undo_unknown: 'undo unknown',
};

/** "web-1; proven, then web-2 and web-3 side by side": the order in which hosts get a change; undefined for one host. */
export function orderSentence({ plan }: Proposal): string | undefined {
  const [canary, ...others] = plan.rollout.batches;
  if (!canary || others.length === 0) return undefined;
  const sizes = others.map((batch) => (batch.length <= 3 ? list(batch) : count(batch.length, 'host')));
  return `Order: ${list(canary)}, proven, then ${sizes.join(', proven, then ')}.`;
}

/** What a host does by itself, and what becomes of a change that does harm or does not help. */
export function safetySentence({ plan }: Proposal): string {
  const { confirmWithinSeconds, unproven } = plan.rollout;
  const missed = unproven === 'undo' ? ', or where it does not help as predicted,' : '';
  return `Each host undoes it by itself unless confirmed within ${formatDuration(confirmWithinSeconds * 1000)}. A host where errors appear after it${missed} is put back.`;
}

/** "web-1 proven; web-2 and web-3 waiting": hosts in the same state together, many of them counted. */
function progressOf(attempts: readonly Attempt[]): string {
  const states = new Map<string, string[]>();
  for (const { host, state } of attempts) {
    const word = ATTEMPT_WORDS[state];
    states.set(word, [...(states.get(word) ?? []), host]);
  }
  const hostsText = (hosts: readonly string[]): string =>
    hosts.length > HOSTS_NAMED ? count(hosts.length, 'host') : list(hosts);
  return [...states].map(([word, hosts]) => `${hostsText(hosts)} ${word}`).join('; ');
}

const HOSTS_NAMED = 10;

/** What was proven or went wrong, equal sentences once with all their hosts: "web-1 and web-2: reserved ports are …". */
export function attemptSentences({ attempts }: ProposalView): string[] {
  const said = new Map<string, string[]>();
  for (const attempt of attempts) {
    for (const sentence of new Set(sentencesOf(attempt)))
      said.set(sentence, [...(said.get(sentence) ?? []), attempt.host]);
  }
  return [...said].map(([sentence, hosts]) => `${list(hosts)}: ${sentence}`);
}

/** Details that a state's own words say already. */
const QUIET: readonly string[] = ['Applied.', 'Confirmed.'];

function sentencesOf({ state, detail, statements }: Attempt): string[] {
  if (state === 'undone') return ['restored.'];
  const said = detail === null || QUIET.includes(detail) || takenBackReason(detail) !== undefined;
  return [...statements, ...(said || statements.includes(detail) ? [] : [detail])];
}

/** "interval: integer, 2 to 60 seconds, default 10. Time between …" */
export function paramHelp(param: Param): string {
  return `${param.name}: ${describeParam(param)}. ${param.help}`;
}

/** A finding's evidence as one line: "New connections: 4,035 per second (/proc/net/snmp)". */
export function evidenceLine(evidence: {
  readonly label: string;
  readonly value: number | string;
  readonly unit?: string;
  readonly source: string;
}): string {
  const value = typeof evidence.value === 'number' ? formatNumber(evidence.value) : evidence.value;
  return `${evidence.label}: ${value}${evidence.unit === undefined ? '' : ` ${evidence.unit}`} (${evidence.source})`;
}
