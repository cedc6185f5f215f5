import type { HostName } from '../base/ids.ts';
import type { Finding, Severity } from '../rules/rule.ts';
import type { BrokenGlass } from './broken-glass.ts';
import type {
  Approval,
  Attempt,
  HostFinding,
  NotConcluded,
  Proposal,
  Run,
  RunHost,
  StepRecord,
  UndoRequest,
} from './model.ts';
import type { Store } from './ports.ts';
import { canLook, canUndo } from './transition.ts';

/** Findings that are the same on several hosts, shown once. */
export interface FindingGroup {
  readonly severity: Severity;
  readonly title: string;
  readonly hosts: readonly HostName[];
  /** The finding of each host; equal in all but numbers. */
  readonly findings: readonly { readonly host: HostName; readonly finding: Finding }[];
}

/** What is said of some hosts of a finding, in the same words. */
export interface Explanation {
  readonly hosts: readonly HostName[];
  readonly sentences: readonly string[];
}

/** A proposal with everything that happened to it. */
export interface ProposalView {
  readonly proposal: Proposal;
  readonly approvals: readonly Approval[];
  readonly attempts: readonly Attempt[];
  readonly undoRequests: readonly UndoRequest[];
  /** Undefined when nobody broke glass. */
  readonly brokenGlass?: BrokenGlass | undefined;
  /** Whether an undo can be asked for now. */
  readonly canUndo: boolean;
  /** Whether hosts can be asked again what became of the change. */
  readonly canLook: boolean;
}

/** What is known of a run but for what its hosts printed: little enough to be loaded for every sign of progress. */
export interface RunOutline {
  readonly run: Run;
  readonly hosts: readonly RunHost[];
  /** Worst first; among equals the one on fewest hosts first. */
  readonly findings: readonly FindingGroup[];
  readonly notConcluded: readonly NotConcluded[];
  readonly proposals: readonly ProposalView[];
  /** How long a run like this usually takes, in ms, while it reads; undefined when no other is known. */
  readonly usualMs?: number | undefined;
}

/** Everything that is known of a run. */
export interface RunView extends RunOutline {
  readonly steps: readonly StepRecord[];
}

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info', 'ok'];

/** Loads a run with everything that belongs to it. */
export async function loadRunView(store: Store, run: Run): Promise<RunView> {
  return { ...(await loadRunOutline(store, run)), steps: await store.runs.steps(run.id) };
}

/** Loads a run without what its hosts printed. */
export async function loadRunOutline(store: Store, run: Run): Promise<RunOutline> {
  const proposals = await store.changes.ofRun(run.id);
  return {
    run,
    hosts: await store.runs.hosts(run.id),
    findings: groupFindings(await store.runs.findings(run.id)),
    notConcluded: await store.runs.notConcluded(run.id),
    proposals: await Promise.all(proposals.map((proposal) => loadProposalView(store, proposal))),
    ...(run.state === 'reading' ? { usualMs: await store.figures.usualMs(run) } : {}),
  };
}

/** Loads a proposal with everything that happened to it. */
export async function loadProposalView(store: Store, proposal: Proposal): Promise<ProposalView> {
  const attempts = await store.changes.attempts(proposal.id);
  const change = { state: proposal.state, attempts, rollout: proposal.plan.rollout };
  return {
    proposal,
    attempts,
    approvals: await store.changes.approvals(proposal.id),
    undoRequests: await store.changes.undoRequests(proposal.id),
    brokenGlass: await store.brokenGlass.of(proposal.id),
    canUndo: canUndo(change),
    canLook: canLook(change),
  };
}

/** Puts like findings of several hosts together: worst severity first, outliers before what all hosts share. */
export function groupFindings(findings: readonly HostFinding[]): FindingGroup[] {
  const groups = new Map<string, HostFinding[]>();
  for (const found of findings) {
    const key = `${found.finding.severity} ${found.finding.groupKey}`;
    groups.set(key, [...(groups.get(key) ?? []), found]);
  }
  return [...groups.values()]
    .flatMap((members): FindingGroup[] => {
      const [first] = members;
      if (!first) return [];
      return [
        {
          severity: first.finding.severity,
          title: first.finding.title,
          hosts: members.map(({ host }) => host),
          findings: members,
        },
      ];
    })
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.hosts.length - b.hosts.length);
}

/** A finding's explanations, each once with the hosts that it holds for: what differs first, then what all hosts share. */
export function explanations(group: FindingGroup): Explanation[] {
  return saidOnce(group, (finding) => finding.explanation);
}

/** What must not be concluded from a finding, each once with the hosts that it holds for. */
export function caveats(group: FindingGroup): Explanation[] {
  return saidOnce(group, (finding) => finding.notConcluded);
}

function saidOnce(
  { findings, hosts }: FindingGroup,
  sentencesOf: (finding: Finding) => readonly string[],
): Explanation[] {
  const shared = (findings[0] ? sentencesOf(findings[0].finding) : []).filter((sentence) =>
    findings.every(({ finding }) => sentencesOf(finding).includes(sentence)),
  );
  const said = new Map<string, Explanation>();
  for (const { host, finding } of findings) {
    const sentences = sentencesOf(finding).filter((sentence) => !shared.includes(sentence));
    const key = JSON.stringify(sentences);
    if (sentences.length > 0) said.set(key, { hosts: [...(said.get(key)?.hosts ?? []), host], sentences });
  }
  const differing = [...said.values()].sort((a, b) => a.hosts.length - b.hosts.length);
  return shared.length > 0 ? [...differing, { hosts, sentences: shared }] : differing;
}
