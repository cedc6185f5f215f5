import { OperatorError } from '../base/error.ts';
import { nearMatches } from '../base/near-match.ts';
import { shorten } from '../base/plain-text.ts';
import { breakGlass, cancel, review } from './commands/act.ts';
import { help, history, hosts, list, show, status } from './commands/look.ts';
import { again, run } from './commands/run.ts';
import type { CommandDeps, Subcommand, TypedCommand } from './commands/subcommand.ts';
import type { Message } from './limits.ts';

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['run', run],
  ['list', list],
  ['hosts', hosts],
  ['status', status],
  ['show', show],
  ['history', history],
  ['again', again],
  ['cancel', cancel],
  ['break-glass', breakGlass],
  ['review', review],
  ['help', help],
]);

/** What people type who mean a subcommand of another name. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['stop', 'cancel'],
  ['abort', 'cancel'],
  ['kill', 'cancel'],
  ['rerun', 'again'],
  ['retry', 'again'],
  ['repeat', 'again'],
  ['start', 'run'],
  ['exec', 'run'],
  ['check', 'hosts'],
  ['ping', 'hosts'],
  ['runbooks', 'list'],
  ['ls', 'list'],
  ['ps', 'status'],
  ['log', 'history'],
  ['describe', 'show'],
  ['approve', 'show'],
  ['reject', 'show'],
]);

/**
 * Answers what was typed after the slash command; nothing at all opens the picker. Throws OperatorError for everything that
 * cannot be done.
 */
export async function answerCommand(
  deps: CommandDeps,
  text: string,
  typed: Omit<TypedCommand, 'rest'>,
): Promise<Message | undefined> {
  const [, word = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const name = word.toLowerCase().replace(/[\u2010-\u2015]/g, '-');
  const subcommand = word === '' ? run : SUBCOMMANDS.get(name);
  if (subcommand) return subcommand(deps, { ...typed, rest });
  throw notASubcommand(deps, { word, name, rest });
}

function notASubcommand(
  { command, runbooks }: CommandDeps,
  { word, name, rest }: { readonly word: string; readonly name: string; readonly rest: string },
): OperatorError {
  const names = [...SUBCOMMANDS.keys()];
  const known = runbooks.runbooks.map((runbook) => runbook.name);
  const other = OTHER_WORDS.get(name);
  const commands = other === undefined ? nearMatches(name, names) : [other];
  const runbook = known.includes(name) ? [name] : nearMatches(name, known);
  const more = rest.trim() === '' ? '' : ` ${shorten(rest.trim(), 200)}`;
  const suggestions = [
    ...(known.includes(name) ? [] : commands.map((near) => `${command} ${near}${more}`)),
    ...runbook.map((near) => `${command} run ${near}${more === '' ? ' on HOSTS' : more}`),
  ];
  return new OperatorError('request/invalid', {
    message: `"${word}" is not a subcommand`,
    hint:
      suggestions.length === 0
        ? `There are ${names.join(', ')}. ${command} alone opens a dialog that asks for what is needed.`
        : `Did you mean ${suggestions.slice(0, 3).join(' or ')}?`,
  });
}
