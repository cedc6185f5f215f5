import { count, list } from '../../base/format.ts';
import { plainText } from '../../base/plain-text.ts';
import { type ActionDiff, diffText, groupPlans, type PlanGroup } from '../../engine/diff.ts';
import {
  attemptSentences,
  changeSentences,
  coverage,
  elapsed,
  evidenceLine,
  orderSentence,
  paramsText,
  safetySentence,
  unanswered,
} from '../../engine/phrases.ts';
import type { LeftHost } from '../../engine/model.ts';
import type { HistoryEntry } from '../../engine/ports.ts';
import {
  caveats,
  type Explanation,
  explanations,
  type FindingGroup,
  type ProposalView,
  type RunView,
} from '../../engine/view.ts';

/** A run as lines for a terminal: headline, findings by severity, coverage, proposals. */
export function renderRun(view: RunView, now: number, options: { readonly raw: boolean }): string[] {
  const lines = [headline(view, now)];
  if (view.run.detail) lines.push(`  ${view.run.detail}`);
  lines.push(...unanswered(view).map((line) => `  ${line}`));
  lines.push(...view.findings.flatMap(renderFinding));
  if (view.run.state === 'finished' && view.findings.length === 0) lines.push('  No rule found anything to report.');
  lines.push(...groupOpen(view).map((line) => `  ${line}`));
  lines.push(...view.proposals.flatMap(renderProposal));
  if (options.raw) lines.push(...renderRaw(view));
  return lines.map(safe);
}

/** "time-wait on @web · 3 of 3 hosts answered · 11 s · run 41, asked by … at …" */
function headline(view: RunView, now: number): string {
  const { run } = view;
  const params = paramsText(view);
  const state = run.state === 'finished' ? coverage(view) : run.state;
  return `${run.runbook} on ${run.selector} · ${state} · ${elapsed(view, now)} · run ${run.id}, asked by ${run.requester} at ${localTime(run.createdAt)}${params === '' ? '' : ` · ${params}`}`;
}

const LABELS = { critical: 'CRITICAL', warning: 'WARNING', info: 'INFO', ok: 'OK' } as const;

function renderFinding(group: FindingGroup): string[] {
  return [
    `${LABELS[group.severity].padEnd(9)} ${group.title}  [${group.hosts.join(' ')}]`,
    ...explanations(group).flatMap((said) => renderSaid(said, group)),
    ...caveats(group).flatMap((said) => renderSaid(said, group)),
  ];
}

/** One line for every sentence; the hosts stand before each that does not hold for all, so that grep finds it. */
function renderSaid({ hosts, sentences }: Explanation, group: FindingGroup): string[] {
  const prefix = hosts.length === group.hosts.length ? '' : `${hosts.join(' ')}: `;
  return sentences.map((sentence) => `          ${prefix}${sentence}`);
}

/** A proposal with its exact difference, prediction, and what became of it. */
export function renderProposal(view: ProposalView): string[] {
  const { proposal } = view;
  const hosts = list(proposal.plan.hosts.map(({ host }) => host));
  const need =
    proposal.state === 'open'
      ? `  needs ${count(proposal.neededApprovals, 'approval')}${proposal.plan.typed.length > 0 ? ', typed' : ''}`
      : '';
  return [
    '',
    `Proposal ${proposal.id}: ${proposal.plan.title} on ${hosts}${need}`,
    ...groupPlans(proposal.plan.hosts).flatMap((group) => renderGroup(group, hosts)),
    ...proposal.plan.left.flatMap(renderLeft),
    `  Risk: ${proposal.plan.risk}. Digest ${proposal.digest.slice(0, 12)}.`,
    ...(proposal.state === 'open'
      ? [
          ...[orderSentence(proposal), safetySentence(proposal)].flatMap((line) =>
            line === undefined ? [] : [`  ${line}`],
          ),
          `  Expires ${localTime(proposal.expiresAt)}. Somebody other than ${proposal.requester} approves: countersign approve ${proposal.id}`,
        ]
      : []),
    ...changeSentences(view).map((sentence) => `  ${sentence}`),
    ...attemptSentences(view).map((sentence) => `  ${sentence}`),
    ...(view.canLook ? [`  To ask the hosts again: countersign look ${proposal.id}`] : []),
    ...(view.canUndo ? [`  To take it back: countersign undo ${proposal.id}`] : []),
  ].map(safe);
}

function renderLeft({ host, kind, reason, text }: LeftHost): string[] {
  if (kind !== 'advice') return [`  ${host}: not planned: ${reason}`];
  return [`  ${host}: to be done elsewhere: ${reason}`, ...(text ?? '').split('\n').map((line) => `    ${line}`)];
}

function renderGroup(group: PlanGroup, allHosts: string): string[] {
  const hosts = list(group.hosts);
  return [
    ...(hosts === allHosts ? [] : [`  on ${hosts}:`]),
    ...group.diffs.flatMap(renderDiff),
    ...group.predicted.map((sentence) => `  Predicted: ${sentence}`),
    ...group.risks.map((sentence) => `  Risk: ${sentence}`),
    ...group.proof.map((sentence) => `  Proof: ${sentence}`),
  ];
}

function renderDiff(diff: ActionDiff): string[] {
  return [`  ${diff.target}`, ...diffText(diff.lines).map((line) => `    ${line}`)];
}

function groupOpen(view: RunView): string[] {
  return view.notConcluded.flatMap(({ host, rule, because }) => {
    const [first = '', ...more] = because.split('\n');
    return [`${host}: ${rule}: ${first}`, ...more.map((line) => `    ${line}`)];
  });
}

function renderRaw(view: RunView): string[] {
  return view.steps.flatMap((step) => [
    '',
    `--- ${step.host} ${step.probe} (exit ${step.exitCode ?? 'none, stopped at its time limit'}, ${step.durationMs} ms${step.reason ? `, ${step.reason}` : ''})`,
    ...step.stdout.trimEnd().split('\n'),
    ...(step.stderr.trim() === '' ? [] : [`stderr: ${step.stderr.trimEnd()}`]),
  ]);
}

/** The evidence of a run's findings, one line each. */
export function renderEvidence(view: RunView): string[] {
  return view.findings.flatMap(({ findings }) =>
    findings.flatMap(({ host, finding }) =>
      [`${host}: ${finding.title}`, ...finding.evidence.map((evidence) => `  ${evidenceLine(evidence)}`)].map(safe),
    ),
  );
}

/** One run of the history as a line. */
export function renderHistoryEntry({ run, hosts, worst, proposals }: HistoryEntry): string {
  const answered = hosts.filter((host) => host.outcome === 'ok').length;
  const found =
    run.state === 'finished'
      ? worst
        ? `${LABELS[worst.severity as keyof typeof LABELS] ?? worst.severity} ${worst.title}`
        : 'nothing found'
      : run.state;
  const changes = proposals.map(({ id, title, state }) => `${id} ${title}: ${state.replaceAll('_', ' ')}`).join('; ');
  return safe(
    `${localTime(run.createdAt)}  run ${run.id}  ${run.runbook} on ${run.selector}  ${answered}/${hosts.length} hosts  ${found}${changes === '' ? '' : `  [${changes}]`}`,
  );
}

/** `2026-11-22 03:12:09`, in this machine's zone. */
export function localTime(epochMs: number): string {
  return new Date(epochMs).toLocaleString('sv-SE');
}

function safe(line: string): string {
  return plainText(line);
}
