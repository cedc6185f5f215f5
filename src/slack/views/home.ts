import type { HomeView, KnownBlock } from '@slack/types';
import type { OperatorError } from '../../base/error.ts';
import { formatNumber } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { actions, bold, button, code, context, paragraph, plain, richText } from '../blocks.ts';
import type { HomePage } from '../home-page.ts';
import { cutTo, LIMITS } from '../limits.ts';
import {
  type Entry,
  endedEntry,
  othersEntry,
  reviewEntry,
  runningEntry,
  stuckEntry,
  troubledEntry,
  waitingEntry,
  workingEntry,
} from './home-entries.ts';

/** What the Home needs beside the page. */
export interface HomeSurroundings {
  /** Addresses of messages by their subject. */
  readonly links: ReadonlyMap<string, string>;
  /** The slash command, where there is more than fits and where there is nothing. */
  readonly command: string;
}

/** The action of the button that begins a run. */
export const HOME_RUN = 'home_run';

interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
  /** How many there are, shown or not. */
  readonly total: number;
  /** What to do when there is nothing; undefined = the section is left out then. */
  readonly empty?: readonly [sentence: string, usage: string];
}

/** Entries that a section shows. With their blocks and the headings they stay under the 100 blocks of a view. */
const SHOWN = { waiting: 8, running: 6, working: 5, others: 5, stuck: 5, reviews: 5, ended: 8, troubled: 10 } as const;

/** One person's Home: what runs, what waits for them, what changed, which hosts are in trouble. */
export function renderHome(page: HomePage, around: HomeSurroundings): HomeView {
  const sections = sectionsOf(page, around);
  const quiet = sections.every(({ total }) => total === 0);
  return home([
    ...(quiet ? [nothing(around.command)] : sections.flatMap((section) => sectionBlocks(section, around.command))),
    { type: 'divider' },
    actions('home-start', [
      button({ action: HOME_RUN, label: 'Run a runbook', value: 'run', ...(quiet ? { style: 'primary' } : {}) }),
    ]),
  ]);
}

/** The Home of somebody to whom nothing of the hosts is shown: why, and what to do. */
export function renderClosedHome(because: Pick<OperatorError, 'located' | 'hint'>): HomeView {
  const sentence = shorten(because.located, LIMITS.sectionText);
  const hint = because.hint === undefined ? [] : [plain(`\n${shorten(because.hint, LIMITS.sectionText)}`)];
  return home([
    heading('Countersign'),
    richText(
      paragraph(plain('Runbooks in Slack, over SSH, with a second pair of eyes. There is nothing to show you here:')),
    ),
    richText(paragraph(bold(sentence), ...hint)),
  ]);
}

function home(blocks: KnownBlock[]): HomeView {
  return { type: 'home', callback_id: 'home', blocks };
}

function heading(text: string): KnownBlock {
  return { type: 'header', text: { type: 'plain_text', text: cutTo(text, LIMITS.headerText), emoji: false } };
}

function nothing(command: string): KnownBlock {
  return richText(
    paragraph(
      bold('Nothing runs, nothing waits for anybody, and no host is known to be in trouble.'),
      plain('\nRun a runbook to look at hosts: '),
      code(`${command} run NAME on HOSTS`),
      plain('. Runs only look; a fix waits here until somebody else approves it.'),
    ),
  );
}

function sectionBlocks({ title, entries, total, empty }: Section, command: string): KnownBlock[] {
  if (total === 0 && empty === undefined) return [];
  const count = total === 0 ? '' : ` (${formatNumber(total)})`;
  const hidden = total - entries.length;
  return [
    heading(`${title}${count}`),
    ...(total === 0 && empty ? [richText(paragraph(plain(`${empty[0]} `), code(empty[1])))] : []),
    ...entries.flat(),
    ...(hidden > 0 ? [context(`and ${formatNumber(hidden)} more: ${command} status`)] : []),
  ];
}

function sectionsOf({ overview, waitsForYou, waitsForOthers, now }: HomePage, around: HomeSurroundings): Section[] {
  const { command, links } = around;
  const { running, working, stuck, reviews, ended, troubled } = overview;
  return [
    section('Waits for you', waitsForYou, SHOWN.waiting, (waiting) => waitingEntry(waiting, links), {
      empty: ['Nothing waits for you. What others wait for:', `${command} status`],
    }),
    section('Runs now', running.first, SHOWN.running, (run) => runningEntry(run, { links, now }), {
      total: running.total,
      empty: ['Nothing runs. Start something:', `${command} run NAME on HOSTS`],
    }),
    section('Being changed now', working.first, SHOWN.working, (view) => workingEntry(view, links), working),
    section('Needs a person', stuck.first, SHOWN.stuck, (view) => stuckEntry(view, links), stuck),
    section(
      'Broken glass to be reviewed',
      reviews.first,
      SHOWN.reviews,
      (glass) => reviewEntry(glass, command),
      reviews,
    ),
    section('Waits for others', waitsForOthers, SHOWN.others, (other) => othersEntry(other, links), {}),
    section('Hosts in trouble', troubled.first, SHOWN.troubled, (host) => troubledEntry(host, links), {
      total: troubled.total,
      empty: ['No host is known to be away or in a critical state. Look at them:', `${command} run NAME on HOSTS`],
    }),
    section('Changed lately', ended.first, SHOWN.ended, (view) => endedEntry(view, links), {
      total: ended.total,
      empty: ['Nothing was changed yet. What ran:', `${command} history`],
    }),
  ];
}

function section<T>(
  title: string,
  all: readonly T[],
  shown: number,
  entry: (item: T) => Entry,
  more: { readonly total?: number; readonly empty?: Section['empty'] },
): Section {
  const entries = all.slice(0, shown).map(entry);
  const { total = all.length, empty } = more;
  return { title, entries, total, ...(empty === undefined ? {} : { empty }) };
}
