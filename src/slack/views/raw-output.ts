import { plainText } from '../../base/plain-text.ts';
import { groupPlans } from '../../engine/diff.ts';
import { attemptSentences, changeSentences, coverage, evidenceLine, unanswered } from '../../engine/phrases.ts';
import type { FindingGroup, ProposalView, RunView } from '../../engine/view.ts';

/** Far more than anybody reads, and little enough to hold in memory and to upload. */
const CHARACTERS = 5_000_000;

/** Everything a run rests on as one text file: what was found with its numbers, then what every step printed. */
export function renderRawOutput(view: RunView): string {
  const steps = view.steps.flatMap((step) => [
    `===== ${step.host} · ${step.probe} · exit ${step.exitCode ?? 'none (stopped at its time limit)'} · ${step.durationMs} ms${step.droppedBytes > 0 ? ` · ${step.droppedBytes} bytes left out` : ''}`,
    ...(step.reason === null ? [] : [`no fact: ${step.reason}`]),
    step.stdout.trimEnd(),
    ...(step.stderr.trim() === '' ? [] : ['----- stderr', step.stderr.trimEnd()]),
    '',
  ]);
  return fileOf([
    `run ${view.run.id}: ${view.run.runbook} on ${view.run.selector}, ${coverage(view)}`,
    ...unanswered(view),
    '',
    ...view.findings.flatMap(findingLines),
    ...view.notConcluded.map(({ host, rule, because }) => `${host}: ${rule}: ${because}`),
    '',
    ...steps,
  ]);
}

function findingLines({ severity, findings }: FindingGroup): string[] {
  return findings.flatMap(({ host, finding }) => [
    `${host}: ${severity.toUpperCase()} ${finding.title}`,
    ...[...finding.explanation, ...finding.notConcluded].map((sentence) => `  ${sentence}`),
    ...finding.evidence.map((item) => `    ${evidenceLine(item)}`),
    '',
  ]);
}

/** A proposal in full length, for plans that do not fit into a message. */
export function renderWholePlan(view: ProposalView): string {
  const { proposal } = view;
  const hosts = groupPlans(proposal.plan.hosts).flatMap((group) => [
    `===== ${group.hosts.join(', ')}`,
    ...group.diffs.flatMap(({ target, lines }) => [target, ...lines.map(({ sign, text }) => `${sign} ${text}`)]),
    ...group.predicted.map((sentence) => `predicted: ${sentence}`),
    ...group.risks.map((sentence) => `risk: ${sentence}`),
    ...group.proof.map((sentence) => `proof: ${sentence}`),
    '',
  ]);
  return fileOf([
    `proposal ${proposal.id}: ${proposal.plan.title}`,
    `digest ${proposal.digest}`,
    ...changeSentences(view),
    ...attemptSentences(view),
    '',
    ...hosts,
    ...proposal.plan.left.map(({ host, reason }) => `${host}: not planned: ${reason}`),
  ]);
}

function fileOf(lines: readonly string[]): string {
  const text = plainText(lines.join('\n'));
  return text.length <= CHARACTERS
    ? text
    : `${text.slice(0, CHARACTERS)}\n… ${text.length - CHARACTERS} characters more\n`;
}
