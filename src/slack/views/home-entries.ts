import type { Button, KnownBlock, RichTextElement } from '@slack/types';
import { formatDuration } from '../../base/duration.ts';
import { count, list } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import type { BrokenGlass } from '../../engine/broken-glass.ts';
import type { RunningRun } from '../../engine/overview.ts';
import type { TroubledHost } from '../../engine/overview-store.ts';
import { changeSentences, failureText } from '../../engine/phrases.ts';
import type { ProposalView } from '../../engine/view.ts';
import { actions, bold, button, code, italic, paragraph, plain, richText, when } from '../blocks.ts';
import type { OthersProposal, WaitingProposal } from '../home-page.ts';
import { proposalButtons } from './proposal.ts';

/** The blocks of one thing on the Home. */
export type Entry = readonly KnownBlock[];

/** Addresses of messages by their subject. */
type Links = ReadonlyMap<string, string>;

const TITLE = 150;
const HOSTS = 150;
const SAID = 300;
const MINUTE_MS = 60_000;
/** Time that passes is shown this coarsely, so that a Home is not published again for every second. */
const STEP_MS = { seconds: 10_000, minutes: MINUTE_MS } as const;

/** A proposal that waits for the reader, with the buttons of its own message. */
export function waitingEntry({ view, freeze }: WaitingProposal, links: Links): Entry {
  const { id, plan, requester, expiresAt } = view.proposal;
  const predicted = predictedText(plan.hosts);
  const typed = plan.typed.length > 0 ? ', typed' : '';
  return [
    richText(
      paragraph(
        ...titled(view),
        plain(predicted === '' ? '' : `\n${shorten(predicted, SAID)}`),
        plain(
          `\nAsked by ${requester}. Risk: ${plan.risk}. Needs ${count(missing(view), 'approval')}${typed}. Expires `,
        ),
        when(expiresAt),
        ...(freeze ? [italic(`\nNot before ${freeze.untilText}: freeze "${shorten(freeze.name, 100)}".`)] : []),
      ),
    ),
    actions(`home-${id}`, [...proposalButtons(view), ...openMessage(links, `proposal:${id}`)]),
  ];
}

/** What is predicted; of hosts with numbers of their own the one that comes first, for the message has all. */
function predictedText(hosts: WaitingProposal['view']['proposal']['plan']['hosts']): string {
  const [first, ...others] = hosts.map(({ host, predicted }) => ({ host, said: predicted.join(' ') }));
  if (!first || first.said === '') return '';
  const alike = others.every(({ said }) => said === first.said);
  return `Predicted${alike ? '' : ` on ${first.host}`}: ${first.said}`;
}

/** A proposal that somebody else has to decide, or that nobody can approve any more. */
export function othersEntry({ view, stricter }: OthersProposal, links: Links): Entry {
  const { id, requester, expiresAt } = view.proposal;
  const needs =
    stricter === undefined
      ? `Needs ${count(missing(view), 'approval')}.`
      : `It cannot be approved any more: ${shorten(stricter, SAID)}. Run the runbook again.`;
  const asked = `\nAsked by ${requester}. ${needs} Expires `;
  return [richText(paragraph(...titled(view), plain(asked), when(expiresAt), ...linked(links, `proposal:${id}`)))];
}

/** A change whose outcome is not known, or that could not be undone. */
export function stuckEntry(view: ProposalView, links: Links): Entry {
  const { id } = view.proposal;
  const buttons = [...proposalButtons(view), ...openMessage(links, `proposal:${id}`)];
  return [
    richText(paragraph(...titled(view), plain(`\n${shorten(changeSentences(view).join(' '), SAID)}`))),
    ...(buttons.length === 0 ? [] : [actions(`home-${id}`, buttons)]),
  ];
}

/** A change that hosts are getting, or losing. */
export function workingEntry(view: ProposalView, links: Links): Entry {
  const said = shorten(changeSentences(view).join(' '), SAID);
  return [richText(paragraph(...titled(view), plain(`\n${said}`), ...linked(links, `proposal:${view.proposal.id}`)))];
}

/** A change that came to an end, and how. */
export function endedEntry(view: ProposalView, links: Links): Entry {
  const { id, createdAt } = view.proposal;
  const at = Math.max(createdAt, ...view.attempts.map(({ updatedAt }) => updatedAt));
  const said = shorten(changeSentences(view).join(' '), SAID);
  return [
    richText(paragraph(when(at), plain('  '), ...titled(view), plain(`\n${said}`), ...linked(links, `proposal:${id}`))),
  ];
}

/** A run that asks its hosts. */
export function runningEntry(
  { run, hosts }: RunningRun,
  { links, now }: { readonly links: Links; readonly now: number },
): Entry {
  const answered = hosts.filter(({ state }) => state === 'answered').length;
  const confirm = {
    title: 'Cancel this run?',
    text: 'Hosts that are being asked are left alone; answers so far are kept.',
    yes: 'Cancel the run',
  };
  return [
    richText(
      paragraph(
        bold(`run ${run.id}: ${run.runbook}`),
        plain(` on ${shorten(run.selector, HOSTS)} · ${answered} of ${count(hosts.length, 'host')} answered`),
        plain(` · ${coarse(now - run.createdAt)} · asked by ${run.requester}`),
      ),
    ),
    actions(`home-run-${run.id}`, [
      button({ action: 'run_cancel', label: 'Cancel', value: String(run.id), style: 'danger', confirm }),
      ...openMessage(links, `run:${run.id}`),
    ]),
  ];
}

/** Broken glass that somebody else than who broke it has to look at. */
export function reviewEntry({ proposal, person, reason, at }: BrokenGlass, command: string): Entry {
  return [
    richText(
      paragraph(
        when(at),
        bold(`  ${proposal}: glass broken by ${person}`),
        plain(`\n${shorten(reason, SAID)}\nClose the review: `),
        code(`${command} review ${proposal} NOTE`),
      ),
    ),
  ];
}

/** A host that did not answer, or where something critical was found. */
export function troubledEntry(
  { host, run, runbook, outcome, detail, critical, proven, at }: TroubledHost,
  links: Links,
): Entry {
  const what = outcome === 'ok' ? critical.join(' · ') : failureText(outcome, detail);
  const since = proven === null ? '' : ` Since then ${proven} was proven there; run it again to be sure.`;
  return [
    richText(
      paragraph(
        bold(host),
        plain(`  ${outcome === 'ok' ? 'CRITICAL ' : ''}${shorten(what, SAID)}\nrun ${run} (${runbook}), `),
        when(at),
        plain(`.${since}`),
        ...linked(links, `run:${run}`),
      ),
    ),
  ];
}

function titled({ proposal: { id, plan } }: ProposalView): RichTextElement[] {
  const hosts = list(plan.hosts.map(({ host }) => host));
  return [bold(`${id}: ${shorten(plan.title, TITLE)}`), plain(` on ${shorten(hosts, HOSTS)}`)];
}

function missing({ proposal, approvals }: ProposalView): number {
  return proposal.neededApprovals - approvals.filter(({ verdict }) => verdict === 'approve').length;
}

function coarse(ms: number): string {
  const step = ms < MINUTE_MS ? STEP_MS.seconds : STEP_MS.minutes;
  const passed = Math.floor(ms / step) * step;
  return passed < STEP_MS.seconds ? 'just begun' : `${formatDuration(passed)} so far`;
}

/** The action of buttons that only lead somewhere; Slack tells of their clicks, too. */
export const OPEN_MESSAGE = 'open_message';

function openMessage(links: Links, subject: string): Button[] {
  const url = links.get(subject);
  if (url === undefined) return [];
  return [{ type: 'button', action_id: OPEN_MESSAGE, text: { type: 'plain_text', text: 'Open message' }, url }];
}

function linked(links: Links, subject: string): RichTextElement[] {
  const url = links.get(subject);
  return url === undefined ? [] : [plain('  '), { type: 'link', url, text: 'Open message' }];
}
