import { OperatorError } from '../base/error.ts';

/** What a person typed after `run`, taken apart. */
export interface TypedRun {
  readonly runbook: string;
  readonly selector: string;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Takes `time-wait on @web !web-2 interval=5` apart: runbook, hosts, params; `on` may be left out. Names are checked later.
 * Throws request/invalid when the runbook or the hosts are missing.
 */
export function parseTypedRun(text: string): TypedRun {
  const [runbook = '', ...rest] = text.trim().split(/\s+/);
  const params = rest.filter((word) => PARAM.test(word));
  const hosts = rest.filter((word) => !PARAM.test(word));
  const selector = (hosts[0] === 'on' ? hosts.slice(1) : hosts).join(' ');
  if (runbook === '' || runbook.includes('=')) throw incomplete('which runbook?');
  if (selector === '') throw incomplete(`on which hosts should ${runbook} run?`);
  return { runbook, selector, params: paramsOf(params) };
}

const PARAM = /^[A-Za-z_][A-Za-z0-9_]*=/;

function paramsOf(words: readonly string[]): Record<string, string> {
  const params = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    const name = word.slice(0, at);
    if (params.has(name)) {
      throw new OperatorError('request/invalid-param', {
        message: `${name} is given twice`,
        hint: 'Give each param once.',
        details: { param: name },
      });
    }
    params.set(name, word.slice(at + 1));
  }
  return Object.fromEntries(params);
}

function incomplete(message: string): OperatorError {
  return new OperatorError('request/invalid', {
    message,
    hint: 'Write: run NAME on HOSTS [param=value …], for example run time-wait on @web',
  });
}
