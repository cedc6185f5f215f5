import type { KnownBlock, ModalView } from '@slack/types';
import { count } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import type { Proposal } from '../../engine/model.ts';
import { evidenceLine } from '../../engine/phrases.ts';
import { type FindingGroup, groupFindings, type RunOutline } from '../../engine/view.ts';
import { bold, paragraph, plain, preformatted, richText } from '../blocks.ts';
import { withinLimits } from '../limits.ts';
import { readingDialog } from './dialog.ts';
import { LABELS, someHosts } from './findings.ts';
import { runFileName } from './run.ts';

/** What the evidence of a proposal is told from. */
export interface EvidenceInput {
  readonly proposal: Proposal;
  readonly view: RunOutline;
  /** The rules whose findings call for the change; undefined when the runbook does not say any more. */
  readonly rules: readonly string[] | undefined;
}

/** So many different sets of numbers are told; the same ones of several hosts once. */
const TOLD = 5;
const LINE = 300;

/** The numbers that a proposal rests on, with their sources: of each finding that calls for it, host by host. */
export function renderEvidence({ proposal, view, rules }: EvidenceInput): ModalView {
  const hosts = proposal.plan.hosts.map(({ host }) => host);
  const calling = view.findings
    .flatMap(({ findings }) => findings)
    .filter(({ host, finding: { rule, severity } }) => {
      const calls = severity === 'critical' || severity === 'warning';
      return calls && hosts.includes(host) && (rules === undefined || rules.includes(rule));
    });
  const nothing = 'What it rests on is not known any more. Run the runbook again for fresh numbers.';
  const { blocks } = withinLimits({
    text: '',
    blocks:
      calling.length === 0 ? [richText(paragraph(plain(nothing)))] : groupFindings(calling).flatMap(evidenceBlocks),
    rest: `More than fits here: ${runFileName(view.run.id)} in the thread has all of it.`,
  });
  return readingDialog(`Evidence of ${proposal.id}`, blocks);
}

function evidenceBlocks(group: FindingGroup): KnownBlock[] {
  const title = bold(`${LABELS[group.severity]}  ${shorten(group.title, LINE)}`);
  const numbers = new Map<string, string[]>();
  for (const { host, finding } of group.findings) {
    const lines = finding.evidence.map((item) => `  ${shorten(evidenceLine(item), LINE)}`);
    const key = lines.length === 0 ? '  no numbers were kept' : lines.join('\n');
    numbers.set(key, [...(numbers.get(key) ?? []), host]);
  }
  const [shown, left] = [[...numbers].slice(0, TOLD), [...numbers.values()].slice(TOLD)];
  const told = shown.map(([lines, hosts]) => `${someHosts(hosts)}\n${lines}`);
  const hidden = left.flat().length;
  return [
    richText(
      paragraph(title, plain(`   ${someHosts(group.hosts)}`)),
      preformatted([...told, ...(hidden > 0 ? [`and ${count(hidden, 'more host')}: in the thread`] : [])].join('\n')),
    ),
  ];
}
