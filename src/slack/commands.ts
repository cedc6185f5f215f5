import { OperatorError } from '../base/error.ts';
import { parseInstant } from '../base/instant.ts';
import { asRunId, type RunId } from '../base/ids.ts';
import { didYouMean } from '../base/near-match.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { HistoryEntry } from '../engine/ports.ts';
import type { Host } from '../inventory/host.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { selectHosts } from '../inventory/selector.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import { parseTypedRun } from '../runbook/request.ts';
import type { Message } from './limits.ts';
import type { Notifier } from './notifier.ts';
import { renderHelp, renderHistory, renderNotice, renderRunbooks, renderUnderWay } from './views/answers.ts';
import { renderRunStatus } from './views/run.ts';

/** What subcommands work with. */
export interface CommandDeps {
  readonly engine: Engine;
  readonly inventory: Inventory;
  readonly runbooks: RunbookLibrary;
  readonly notifier: Notifier;
  /** The slash command's name, for help. */
  readonly command: string;
  now(): number;
}

/** A subcommand as somebody typed it, in a channel. */
export interface TypedCommand {
  readonly rest: string;
  readonly channel: string;
  /** Resolved only by the subcommands that need to know. */
  asker(): Promise<Asker>;
  zoneOffsetMinutes(): Promise<number | undefined>;
}

/** The private answer to a subcommand; undefined = the channel shows it already. */
type Subcommand = (deps: CommandDeps, typed: TypedCommand) => Promise<Message | undefined>;

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['help', async ({ command }) => renderHelp(command)],
  ['list', async ({ runbooks }) => renderRunbooks(runbooks)],
  ['run', run],
  ['status', status],
  ['history', history],
  ['cancel', cancel],
  ['break-glass', breakGlass],
  ['review', review],
]);

/** Answers what was typed after the slash command. Throws OperatorError for everything that cannot be done. */
export async function answerCommand(
  deps: CommandDeps,
  text: string,
  typed: Omit<TypedCommand, 'rest'>,
): Promise<Message | undefined> {
  const [, word = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const name = word === '' ? 'help' : word.toLowerCase();
  const subcommand = SUBCOMMANDS.get(name);
  if (subcommand) return subcommand(deps, { ...typed, rest });
  const names = [...SUBCOMMANDS.keys()];
  const runbook = deps.runbooks.runbooks.some((known) => known.name === name);
  throw new OperatorError('request/invalid', {
    message: `"${word}" is not a subcommand`,
    hint: runbook
      ? `Did you mean ${deps.command} run ${name} on HOSTS?`
      : (didYouMean(name, names) ?? `There are ${names.join(', ')}.`),
  });
}

async function run(deps: CommandDeps, typed: TypedCommand): Promise<Message | undefined> {
  const asker = await typed.asker();
  const id = await deps.engine.start({ ...asker, ...parseTypedRun(typed.rest), channel: typed.channel });
  const shown = await deps.notifier.showPatiently(id);
  if (shown.kind === 'ok') return undefined;
  const meanwhile = `Until then ${deps.command} status ${id} shows the run.`;
  if (shown.kind !== 'refused')
    return renderNotice(`Run ${id} has started. Slack is slow to take its message. ${meanwhile}`);
  throw new OperatorError('request/invalid', {
    message: `run ${id} has started, but I cannot post here (${shown.error})`,
    hint: `Invite me to this channel; in a conversation that I cannot join, use a channel instead. ${meanwhile}`,
  });
}

async function status(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  await typed.asker();
  if (typed.rest.trim() !== '') {
    const view = await deps.engine.view(runIdOf(typed.rest));
    return renderRunStatus({ view, probes: [], now: deps.now() });
  }
  const entries = await deps.engine.history({ limit: 100 });
  return renderUnderWay(entries.filter(isUnderWay), await deps.engine.openReviews(), deps.command);
}

async function history(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  await typed.asker();
  const [, hostText = '', sinceText] = /^\s*(.*?)\s*(?:\bsince\s+(.+))?$/s.exec(typed.rest) ?? [];
  const host = hostText === '' ? undefined : oneHost(deps.inventory, hostText);
  const zone = await typed.zoneOffsetMinutes();
  const entries = await deps.engine.history({
    limit: 15,
    ...(host ? { host: host.name } : {}),
    ...(sinceText === undefined ? {} : { since: parseInstant(sinceText, deps.now(), zone) }),
  });
  return renderHistory(entries, deps.command);
}

function oneHost(inventory: Inventory, text: string): Host | undefined {
  const [host, ...others] = selectHosts(inventory, text);
  if (others.length === 0) return host;
  throw new OperatorError('request/invalid', {
    message: `"${text}" are ${others.length + 1} hosts`,
    hint: 'The history is of one host, or of all when none is named.',
  });
}

async function cancel(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  const asker = await typed.asker();
  const id = runIdOf(typed.rest);
  await deps.engine.cancel(id, asker);
  await deps.notifier.show(id);
  return renderNotice(`Run ${id} is cancelled.`);
}

async function breakGlass(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  const asker = await typed.asker();
  const [proposal, reason] = proposalAnd(typed.rest, `${deps.command} break-glass 41-1 REASON`);
  const { runId } = await deps.engine.breakGlass({ ...asker, proposal, reason });
  await deps.notifier.show(runId);
  return renderNotice(
    `Glass is broken for ${proposal}: the change is being made, it is announced, and somebody else has to review it.`,
  );
}

async function review(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  const asker = await typed.asker();
  const [proposal, note] = proposalAnd(typed.rest, `${deps.command} review 41-1 NOTE`);
  await deps.engine.closeReview({ ...asker, proposal, note });
  return renderNotice(`The review of ${proposal} is closed.`);
}

/** A proposal's name and the words after it. */
function proposalAnd(text: string, usage: string): readonly [proposal: string, words: string] {
  const [, proposal, words = ''] = /^\s*(\d+-\d+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
  if (proposal !== undefined) return [proposal, words.trim()];
  throw new OperatorError('request/invalid', { message: 'a proposal has to be named', hint: `Write ${usage}` });
}

/** Runs that read and proposals that wait or are being worked on. */
function isUnderWay({ run: { state }, proposals }: HistoryEntry): boolean {
  return (
    state === 'reading' ||
    proposals.some((proposal) => ['open', 'applying', 'undoing', 'needs_human'].includes(proposal.state))
  );
}

function runIdOf(text: string): RunId {
  const word = text.trim().replace(/^#/, '');
  if (/^[1-9]\d{0,14}$/.test(word)) return asRunId(Number(word));
  throw new OperatorError('request/invalid', {
    message: `"${word}" is not the number of a run`,
    hint: 'Write for example: status 41',
  });
}
