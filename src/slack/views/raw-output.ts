import type { KnownBlock, ModalView } from '@slack/types';
import { count, formatNumber } from '../../base/format.ts';
import { plainText } from '../../base/plain-text.ts';
import { groupPlans } from '../../engine/diff.ts';
import { attemptSentences, changeSentences, coverage, evidenceLine, unanswered } from '../../engine/phrases.ts';
import type { FindingGroup, ProposalView, RunOutline, RunView } from '../../engine/view.ts';
import { code, paragraph, plain, preformatted, richText } from '../blocks.ts';
import { cutTo } from '../limits.ts';
import { readingDialog } from './dialog.ts';
import { runFileName } from './run.ts';

/** Far more than anybody reads, and little enough to hold in memory and to upload. */
const CHARACTERS = 5_000_000;

/** Everything a run rests on as one text file: what was found with its numbers, then what every step printed. */
export function renderRawOutput(view: RunView): string {
  return fileOf([
    `run ${view.run.id}: ${view.run.runbook} on ${view.run.selector}, ${coverage(view)}`,
    ...unanswered(view),
    '',
    ...view.findings.flatMap(findingLines),
    ...view.notConcluded.map(({ host, rule, because }) => `${host}: ${rule}: ${because}`),
    '',
    ...stepLines(view),
  ]);
}

/** What every step printed, alone. */
export function renderStepOutputs(view: RunView): string {
  return fileOf(stepLines(view));
}

function stepLines(view: RunView): string[] {
  return view.steps.flatMap((step) => [
    `===== ${step.host} · ${step.probe} · exit ${step.exitCode ?? 'none (stopped at its time limit)'} · ${step.durationMs} ms${step.droppedBytes > 0 ? ` · ${step.droppedBytes} bytes left out` : ''}`,
    ...(step.reason === null ? [] : [`no fact: ${step.reason}`]),
    step.stdout.trimEnd(),
    ...(step.stderr.trim() === '' ? [] : ['----- stderr', step.stderr.trimEnd()]),
    '',
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

/** Cut before it is made harmless, which takes long for much text and only ever makes it shorter. */
function fileOf(lines: readonly string[]): string {
  const all = lines.join('\n');
  const text = plainText(all.slice(0, CHARACTERS));
  return all.length <= CHARACTERS ? text : `${text}\n… ${formatNumber(all.length - CHARACTERS)} characters more\n`;
}

/** What is known of where the output of a run is. */
export interface RawOutputInput {
  readonly view: RunOutline;
  /** How many steps' outputs are kept. */
  readonly outputs: number;
  /** What every step printed, once the run has ended with something. */
  readonly text: string | undefined;
  /** Whether the file hangs in the thread. */
  readonly attached: boolean;
  /** The address of the run's message. */
  readonly link: string | undefined;
  readonly command: string;
}

/** The first part of the output, and where the rest is. */
const SHOWN = 6000;
const PIECE = 3000;

/** Where the output of a run is, and its beginning; of a run that has none, what to do instead. */
export function renderRawOutputDialog(input: RawOutputInput): ModalView {
  const { run, hosts } = input.view;
  const title = `Output of run ${run.id}`;
  if (run.state === 'reading') {
    const answered = `${hosts.filter(({ state }) => state === 'answered').length} of ${count(hosts.length, 'host')}`;
    const when = `It is attached to the thread as ${runFileName(run.id)} when the run ends.`;
    return readingDialog(title, [said(`Still reading: ${answered} answered. ${when}`)]);
  }
  const { text, outputs, command } = input;
  if (outputs === 0 || text === undefined)
    return readingDialog(title, [
      said('No host printed anything: none was asked to the end. See what fails:', `${command} hosts ${run.selector}`),
    ]);
  const shown = piecesOf(text.slice(0, SHOWN)).map((piece) => richText(preformatted(piece)));
  return readingDialog(title, [whereItIs(input), ...shown]);
}

/** A text in parts that a block can hold, parted between lines where lines are short enough. */
function piecesOf(text: string): string[] {
  if (text.length <= PIECE) return [text];
  const lineEnd = text.lastIndexOf('\n', PIECE);
  const end = lineEnd > 0 ? lineEnd : PIECE;
  return [text.slice(0, end), ...piecesOf(text.slice(lineEnd > 0 ? end + 1 : end))];
}

function whereItIs({ view: { run }, outputs, attached, link, text = '' }: RawOutputInput): KnownBlock {
  const some = text.length > SHOWN ? ' Here is how it begins.' : '';
  const amount = count(outputs, 'output');
  if (!attached) {
    const where = `${amount}, not attached to the thread.${some} On the machine of the bot:`;
    return said(where, `countersign show ${run.id} --raw`);
  }
  const where = `${amount}, all of it in ${runFileName(run.id)} in the thread of the run's message.${some}`;
  const open = { type: 'link', url: link ?? '', text: 'Open the message' } as const;
  return richText(paragraph(plain(`${where} `), ...(link === undefined ? [] : [open])));
}

function said(sentence: string, type?: string): KnownBlock {
  return richText(
    paragraph(
      plain(`${sentence}${type === undefined ? '' : ' '}`),
      ...(type === undefined ? [] : [code(cutTo(type, 200))]),
    ),
  );
}
