import type { KnownBlock, RichTextElement } from '@slack/types';
import { count } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { decisions } from '../../engine/phrases.ts';
import type { ProposalView, RunOutline } from '../../engine/view.ts';
import { bold, code, paragraph, plain, richText, when } from '../blocks.ts';
import { type Message, withinLimits } from '../limits.ts';
import { type ProposalMessageInput, renderProposalMessage } from './proposal.ts';
import { renderRunStatus } from './run.ts';

/** Something that happened, in a few words. */
interface Happening {
  readonly at: number;
  readonly said: string;
}

const TOLD = 25;

/** A run as a whole for one person's eyes: what was found, what was proposed, and who did what when. */
export function renderShownRun(input: {
  readonly view: RunOutline;
  readonly now: number;
  readonly command: string;
}): Message {
  const { view, command } = input;
  const { run, proposals } = view;
  const { text, blocks } = renderRunStatus({ ...input, probes: [] });
  const happened = [...runHappenings(view), ...proposals.flatMap((each) => proposalHappenings(each, true))];
  return withinLimits({
    text,
    blocks,
    keep: [
      timeline(happened),
      next([
        [`${command} again ${run.id}`, 'runs it once more'],
        ...proposals
          .slice(0, 3)
          .map(({ proposal: { id } }): [string, string] => [`${command} show ${id}`, 'shows this proposal alone']),
      ]),
    ],
    rest: `More than fits here: the messages of run ${run.id} and their threads have all of it.`,
  });
}

/** A proposal as a whole for one person's eyes, without buttons: they belong to its message. */
export function renderShownProposal(input: ProposalMessageInput & { readonly command: string }): Message {
  const { view, command } = input;
  const { id, runId, state } = view.proposal;
  const { text, blocks } = renderProposalMessage(input);
  const open = state === 'open' ? ' It is decided with the buttons of its message.' : '';
  return withinLimits({
    text,
    blocks: blocks.filter(({ type }) => type !== 'actions'),
    keep: [
      timeline(proposalHappenings(view, false)),
      next([[`${command} show ${runId}`, `shows the run that ${id} came of.${open}`]]),
    ],
    rest: `Not all of the change fits here: the message of ${id} and its thread have it.`,
  });
}

function runHappenings({ run }: RunOutline): Happening[] {
  const where = run.surface === 'slack' ? 'in Slack' : 'on the command line';
  const ended = run.finishedAt === null ? [] : [{ at: run.finishedAt, said: `Run ${run.id} ${run.state}` }];
  return [{ at: run.createdAt, said: `Run ${run.id} asked for by ${run.requester} ${where}` }, ...ended];
}

function proposalHappenings(view: ProposalView, named: boolean): Happening[] {
  const { proposal, attempts } = view;
  const name = named ? `${proposal.id}: ` : '';
  return [
    { at: proposal.createdAt, said: `${name}proposed` },
    ...decisions(view).map(({ what, at, why }) => ({ at, said: `${name}${what}${why === null ? '' : `: ${why}`}` })),
    ...attempts
      .filter(({ state }) => state !== 'pending')
      .map(({ host, state, detail, updatedAt }) => {
        const more = detail === null ? '' : `. ${detail}`;
        return { at: updatedAt, said: `${name}${host} ${state.replaceAll('_', ' ')}${more}` };
      }),
  ];
}

/** What happened, first things first; the latest are kept where not all fit. */
function timeline(happened: readonly Happening[]): KnownBlock {
  const sorted = [...happened].sort((a, b) => a.at - b.at);
  const hidden = Math.max(0, sorted.length - TOLD);
  const lines = sorted.slice(hidden).map(({ at, said }) => [when(at), plain(`  ${shorten(said, 160)}`)]);
  const before = hidden > 0 ? [[plain(`${count(hidden, 'thing')} before`)]] : [];
  return richText(paragraph(bold('What happened'), ...[...before, ...lines].flatMap((line) => [plain('\n'), ...line])));
}

function next(usages: readonly (readonly [usage: string, what: string])[]): KnownBlock {
  const elements = usages.flatMap(([usage, what], index): RichTextElement[] => [
    ...(index === 0 ? [] : [plain('\n')]),
    code(usage),
    plain(` ${what}`),
  ]);
  return richText(paragraph(...elements));
}
