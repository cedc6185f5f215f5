import { OperatorError } from '../base/error.ts';
import { nearMatches } from '../base/near-match.ts';
import { shorten } from '../base/plain-text.ts';
import type { Host } from '../inventory/host.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { plainLabels, selectHosts } from '../inventory/selector.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import { resolveParams } from '../runbook/params.ts';
import { draftTypedRun, givenTwice } from '../runbook/request.ts';
import type { Runbook } from '../runbook/runbook.ts';
import { unescaped } from './payload/command.ts';
import type { PickerView } from './payload/picker.ts';
import { hostsBlock, PICKER, paramBlock, runbookOption } from './views/picker-names.ts';

/** What a run can be made of. */
export interface FormDeps {
  readonly runbooks: RunbookLibrary;
  readonly inventory: Inventory;
}

/** What is wrong, one sentence or two for each field. */
interface Problems {
  readonly runbook?: string | undefined;
  readonly hosts?: string | undefined;
  readonly params: ReadonlyMap<string, string>;
  /** What belongs to no field. */
  readonly others: readonly string[];
}

/** A run that is being put together. */
export interface PickerForm {
  /** Where it was asked, and where the run will show. */
  readonly channel: string;
  /** Undefined = none is chosen yet. */
  readonly runbook: Runbook | undefined;
  /** Whether nobody named the runbook: it is the only one there is. */
  readonly presumed: boolean;
  readonly hosts: string;
  /** What was given for params by name, also for those of other runbooks, so that nothing is lost on the way. */
  readonly given: ReadonlyMap<string, string>;
  /** How often the bot filled in the hosts. */
  readonly filling: number;
  readonly problems: Problems;
}

/** What was typed after `run`, or nothing, as far as it goes; near matches of a mistyped runbook are chosen, and said. */
export function typedForm(deps: FormDeps, text: string, channel: string): PickerForm {
  const draft = draftTypedRun(text, (word) => wordKind(deps, word));
  const { runbook, problem } = runbookOf(deps.runbooks, draft.runbook);
  const hosts = plainLabels(draft.selector);
  const given = new Map(Object.entries(draft.params));
  const twice = draft.twice.map((name): [string, string] => [name, sentenceOf(givenTwice(name))]);
  const params = new Map([...(runbook ? wrongParams(runbook, given) : []), ...twice]);
  const others = [...params].filter(([name]) => runbook?.params.every((param) => param.name !== name));
  const problems: Problems = {
    runbook: problem,
    hosts: hosts === '' ? undefined : wrongHosts(deps.inventory, hosts),
    params,
    others: others.map(([name, said]) => `${said} You typed ${name}=${shorten(given.get(name) ?? '', 50)}.`),
  };
  return { channel, runbook, presumed: draft.runbook === '', hosts, given, filling: 0, problems };
}

/** What stands in the picker. Defaults that nobody touched are not taken along to another runbook. */
export function shownForm(deps: FormDeps, { metadata, fields }: PickerView): PickerForm {
  const { runbooks } = deps.runbooks;
  const shown = runbooks.find((runbook) => runbookOption(runbook) === metadata.shown);
  const option = fields.get(PICKER.runbook) ?? '';
  const runbook = runbooks.find((each) => runbookOption(each) === option);
  const filling = fillingOf(fields);
  const hosts = plainLabels(unescaped(fields.get(hostsBlock(filling)) ?? '')).trim();
  const given = new Map(metadata.given);
  for (const param of shown?.params ?? []) {
    const text = fields.get(paramBlock({ name: shown?.name ?? '' }, param))?.trim();
    if (text === undefined) continue;
    if (text === '' || text === String(param.default)) given.delete(param.name);
    else given.set(param.name, text);
  }
  const known = new Map([...given].filter(([name]) => runbook?.params.some((param) => param.name === name)));
  const problems: Problems = {
    runbook: option !== '' && !runbook ? 'This runbook is not there any more. Choose another one.' : undefined,
    hosts: hosts === '' ? undefined : wrongHosts(deps.inventory, hosts),
    params: runbook ? wrongParams(runbook, known) : new Map(),
    others: [],
  };
  return { channel: metadata.channel, runbook, presumed: false, hosts, given, filling, problems };
}

/** The form with a term more among its hosts, unless it is there. */
export function withHosts(deps: FormDeps, form: PickerForm, term: string): PickerForm {
  const terms = form.hosts.split(/[\s,]+/).filter((each) => each !== '');
  const hosts = terms.includes(term) ? form.hosts : [...terms, term].join(' ');
  const problems = { ...form.problems, hosts: wrongHosts(deps.inventory, hosts) };
  return { ...form, hosts, filling: form.filling + 1, problems };
}

/** A form that a run can be started from. */
export type ReadyForm = PickerForm & { readonly runbook: Runbook };

/** Whether the form says all that a run needs, and nothing wrong. */
export function isReady(form: PickerForm): form is ReadyForm {
  const { runbook, presumed, hosts, problems } = form;
  const wrong = problems.runbook ?? problems.hosts ?? [...problems.params.values(), ...problems.others][0];
  return runbook !== undefined && !presumed && hosts !== '' && wrong === undefined;
}

/** The run that a form asks for; what was given for other runbooks' params stays behind. */
export function runOf({ runbook, hosts, given }: ReadyForm) {
  const params = [...given].filter(([name]) => runbook.params.some((param) => param.name === name));
  return { runbook: runbook.name, selector: hosts, params: Object.fromEntries(params) };
}

/** The hosts that a form names; undefined = none, or something in it is not known. */
export function hostsOf(inventory: Inventory, form: PickerForm): readonly Host[] | undefined {
  return form.hosts === '' || form.problems.hosts !== undefined ? undefined : selectHosts(inventory, form.hosts);
}

/** An error as a sentence under a field: what, and what to do instead. */
export function sentenceOf({
  message,
  hint,
  details,
}: Pick<OperatorError, 'message' | 'hint'> & Partial<Pick<OperatorError, 'details'>>): string {
  const isName = message.startsWith(String(details?.['param'] ?? ' '));
  const what = isName ? message : `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`;
  return shorten([what.replace(/[^.!?]$/, '$&.'), hint ?? ''].join(' ').trim(), 500);
}

/** A name of a runbook before everything; else hosts, if it is some; else a runbook that was mistyped. */
function wordKind({ runbooks, inventory }: FormDeps, word: string): 'runbook' | 'hosts' {
  if (runbooks.runbooks.some(({ name }) => name === word)) return 'runbook';
  return wrongHosts(inventory, word) === undefined ? 'hosts' : 'runbook';
}

function runbookOf(library: RunbookLibrary, typed: string): { runbook?: Runbook | undefined; problem?: string } {
  const [only, ...more] = library.runbooks;
  if (typed === '') return { runbook: more.length === 0 ? only : undefined };
  const error = operatorError(() => library.runbook(typed));
  if (!error) return { runbook: library.runbook(typed) };
  const near = nearMatches(
    typed,
    library.runbooks.map(({ name }) => name),
  );
  const runbook = near.length === 1 ? library.runbooks.find(({ name }) => name === near[0]) : undefined;
  if (!runbook) return { problem: sentenceOf(error) };
  return {
    runbook,
    problem: sentenceOf({
      message: error.message,
      hint: `Did you mean ${runbook.name}? It is chosen: look before you run it.`,
    }),
  };
}

function wrongHosts(inventory: Inventory, hosts: string): string | undefined {
  const error = operatorError(() => selectHosts(inventory, hosts));
  return error && sentenceOf(error);
}

function wrongParams(runbook: Runbook, given: ReadonlyMap<string, string>): Map<string, string> {
  const problems = [...given].map(([name, text]): [string, string | undefined] => {
    const error = operatorError(() => resolveParams(runbook, Object.fromEntries([[name, text]])));
    return [name, error && sentenceOf(error)];
  });
  return new Map(problems.filter((problem): problem is [string, string] => problem[1] !== undefined));
}

function operatorError(attempt: () => unknown): OperatorError | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

function fillingOf(fields: ReadonlyMap<string, string>): number {
  const block = [...fields.keys()].find((id) => id.startsWith(`${PICKER.hosts}:`)) ?? '';
  const filling = Number(block.slice(PICKER.hosts.length + 1));
  return Number.isSafeInteger(filling) && filling >= 0 ? filling : 0;
}
