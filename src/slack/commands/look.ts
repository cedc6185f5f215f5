import { OperatorError } from '../../base/error.ts';
import { count } from '../../base/format.ts';
import { parseInstant } from '../../base/instant.ts';
import { shorten } from '../../base/plain-text.ts';
import type { HistoryEntry } from '../../engine/ports.ts';
import type { Host } from '../../inventory/host.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { plainLabels, selectHosts } from '../../inventory/selector.ts';
import type { Message } from '../limits.ts';
import { proposalTerms } from '../proposal-terms.ts';
import {
  renderHelp,
  renderHistory,
  renderInventory,
  renderNotice,
  renderRunbooks,
  renderUnderWay,
} from '../views/answers.ts';
import { renderHostCheck } from '../views/hosts.ts';
import { renderRunStatus } from '../views/run.ts';
import { renderShownProposal, renderShownRun } from '../views/shown.ts';
import { type CommandDeps, runIdOf, type TypedCommand } from './subcommand.ts';

/** The runbooks there are. */
export async function list({ runbooks, command }: CommandDeps, typed: TypedCommand): Promise<Message> {
  await typed.asker();
  return renderRunbooks(runbooks, command);
}

/** What can be typed; with examples of what there is here for those who may know that. */
export async function help({ runbooks, inventory, command }: CommandDeps, typed: TypedCommand): Promise<Message> {
  try {
    await typed.asker();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return renderHelp(command);
  }
  return renderHelp(command, { runbooks, inventory });
}

/** What runs and what waits, or how far one run is. */
export async function status(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  await typed.asker();
  if (typed.rest.trim() !== '') {
    const view = await deps.engine.outline(runIdOf(typed.rest, `${deps.command} status 41`));
    return renderRunStatus({ view, probes: [], now: deps.now(), command: deps.command });
  }
  const entries = await deps.engine.history({ limit: 100 });
  return renderUnderWay(entries.filter(isUnderWay), await deps.engine.openReviews(), deps.command);
}

/** A run or a proposal as a whole: what was found, who decided what when, what came of it. */
export async function show(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  await typed.asker();
  const { command } = deps;
  const word = typed.rest
    .trim()
    .replace(/^(?:run|proposal)\s+/i, '')
    .replace(/^#/, '');
  if (word === '')
    throw new OperatorError('request/invalid', {
      message: 'which run or proposal?',
      hint: `Write ${command} show 41 or ${command} show 41-1; ${command} history shows which there are.`,
    });
  if (/^\d+-\d+$/.test(word)) {
    const { id, runId } = await deps.engine.proposal(word);
    const { proposals } = await deps.engine.outline(runId);
    const view = proposals.find(({ proposal }) => proposal.id === id);
    if (view) return renderShownProposal({ view, command, ...(await proposalTerms(deps, view.proposal)) });
  }
  const view = await deps.engine.outline(runIdOf(word, `${command} show 41`));
  return renderShownRun({ view, now: deps.now(), command });
}

/** What ran and what came of it. */
export async function history(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
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

/** Which hosts there are; with a selector, what works on them, which takes some seconds. */
export async function hosts(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  const asker = await typed.asker();
  const selector = plainLabels(typed.rest).trim();
  if (selector === '') return renderInventory(deps.inventory, deps.command);
  const asked = selectHosts(deps.inventory, selector);
  const names = shorten(asked.map(({ name }) => name).join(', '), 300);
  await typed.tell(renderNotice(`Asking ${count(asked.length, 'host')} what works there: ${names} …`));
  return renderHostCheck(await deps.engine.checkHosts({ ...asker, selector }), deps.command);
}

function oneHost(inventory: Inventory, text: string): Host | undefined {
  const [host, ...others] = selectHosts(inventory, text);
  if (others.length === 0) return host;
  throw new OperatorError('request/invalid', {
    message: `"${text}" are ${others.length + 1} hosts`,
    hint: 'The history is of one host, or of all when none is named.',
  });
}

/** Runs that read and proposals that wait or are being worked on. */
function isUnderWay({ run: { state }, proposals }: HistoryEntry): boolean {
  return (
    state === 'reading' ||
    proposals.some((proposal) => ['open', 'applying', 'undoing', 'needs_human'].includes(proposal.state))
  );
}
