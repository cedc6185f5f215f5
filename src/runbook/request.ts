import { OperatorError } from '../base/error.ts';

/** What a person typed after `run`, taken apart. */
export interface TypedRun {
  readonly runbook: string;
  readonly selector: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A typed run as far as it is there; what is missing is empty. */
export interface TypedDraft extends TypedRun {
  /** Params that were given more than once; the first counts. */
  readonly twice: readonly string[];
}

/**
 * Takes `time-wait on @web !web-2 interval=5` apart: runbook, hosts, params; `on` may be left out. Names are checked later.
 * Throws request/invalid when the runbook or the hosts are missing.
 */
export function parseTypedRun(text: string): TypedRun {
  const { runbook, selector, params, twice } = draftTypedRun(text);
  if (runbook === '') throw incomplete('which runbook?');
  if (selector === '') throw incomplete(`on which hosts should ${runbook} run?`);
  const [name] = twice;
  if (name !== undefined) throw givenTwice(name);
  return { runbook, selector, params };
}

/**
 * The same of text that lacks parts, for a dialog that asks for them. Quotes and dashes that a keyboard or a document made
 * typographic are read as the plain ones, since no name holds them. `names` says what the first word is when that is open.
 */
export function draftTypedRun(
  text: string,
  names: (word: string) => 'runbook' | 'hosts' = () => 'runbook',
): TypedDraft {
  const words = plainWords(text);
  const params = words.filter((word) => PARAM.test(word));
  const others = words.filter((word) => !PARAM.test(word));
  const [first = '', ...rest] = others;
  const named = first !== '' && first !== 'on' && !HOSTS.test(first) && names(first) === 'runbook';
  const hosts = named ? rest : others;
  const selector = (hosts[0] === 'on' ? hosts.slice(1) : hosts).join(' ');
  const given = new Map<string, string>();
  const twice = new Set<string>();
  for (const word of params) {
    const [name = ''] = word.split('=', 1);
    if (given.has(name)) twice.add(name);
    else given.set(name, word.slice(name.length + 1));
  }
  return { runbook: named ? first : '', selector, params: Object.fromEntries(given), twice: [...twice] };
}

/** Words that are hosts and no runbook's name. */
const HOSTS = /^[@!<]|^(?:group|tag):|[*=]/;

const PARAM = /^[A-Za-z_][A-Za-z0-9_]*=/;

function plainWords(text: string): string[] {
  return text
    .replace(/["'`\u2018-\u201f\u00ab\u00bb]/g, '')
    .replace(/[\u2010-\u2015]/g, '-')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** A param may have one value. */
export function givenTwice(name: string): OperatorError {
  return new OperatorError('request/invalid-param', {
    message: `${name} is given twice`,
    hint: 'Give each param once.',
    details: { param: name },
  });
}

function incomplete(message: string): OperatorError {
  return new OperatorError('request/invalid', {
    message,
    hint: 'Write: run NAME on HOSTS [param=value …], for example run time-wait on @web',
  });
}
