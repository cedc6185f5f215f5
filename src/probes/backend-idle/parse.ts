import { wholeNumber } from '../number.ts';
import { brokenOutput, problem, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { BackendIdle, BackendIdleFact } from './fact.ts';

/** A close within this time of the answer is no idle timeout: the backend keeps no connection. */
const AT_ONCE_MS = 30;

interface Answer {
  readonly outcome: 'closed' | 'open';
  readonly ms: number;
  readonly status: number;
  readonly closing: boolean;
}

/**
 * Reads `backend ADDRESS PORT` per backend, `answer ADDRESS PORT OUTCOME MS STATUS close|keep` or `answer … none`, and
 * `omitted BACKENDS`. An answer that refuses the question and closes tells nothing of idle connections.
 */
export function parseBackendIdle(output: ProbeOutput): Parsed<BackendIdleFact> {
  const broken = brokenOutput(output, 'awk');
  if (broken !== undefined) return broken;
  const [first, ...lines] = output.stdout.trimEnd().split('\n');
  if (first === 'countersign-backend-idle 1' && lines.includes('no nginx')) {
    return problem('unreadable', output, 'nginx does not run, so its backends are not known.');
  }
  const omittedBackends = wholeNumber(/^omitted (\d+)$/.exec(lines.at(-1) ?? '')?.[1] ?? '');
  const asked = lines.filter((line) => line.startsWith('backend ')).map(readBackend);
  const answers = new Map(lines.flatMap((line) => readAnswer(line) ?? []));
  if (first !== 'countersign-backend-idle 1' || omittedBackends === undefined || !asked.every(isThere)) {
    return unreadable(output, 'Backends and what became of an idle connection to each were expected.');
  }
  if (lines.includes('with none')) {
    return problem('tool_missing', output, 'bash, python3, perl or BusyBox nc is needed to open an idle connection.');
  }
  const backends = asked.map((backend) => judged(backend, answers.get(`${backend.address} ${backend.port}`)));
  return { ok: true, fact: { backends, omittedBackends } };
}

type Asked = Pick<BackendIdle, 'address' | 'port'>;

function readBackend(line: string): Asked | undefined {
  const [, address = '', digits = ''] = /^backend ([A-Za-z0-9_.:-]{1,253}) (\d{1,5})$/.exec(line) ?? [];
  const port = wholeNumber(digits);
  return port === undefined || port > 65_535 ? undefined : { address: address.toLowerCase(), port };
}

function readAnswer(line: string): [[string, Answer]] | undefined {
  const match = /^answer (\S{1,253}) (\d{1,5}) (closed|open) (\d{1,6}) ([0-5]\d{0,2}) (close|keep)$/.exec(line);
  if (match === null) return undefined;
  const [, address = '', port = '', outcome, ms, status, keep] = match;
  const answer: Answer = {
    outcome: outcome === 'open' ? 'open' : 'closed',
    ms: Number(ms),
    status: Number(status),
    closing: keep === 'close',
  };
  return [[`${address.toLowerCase()} ${Number(port)}`, answer]];
}

function judged(backend: Asked, answer: Answer | undefined): BackendIdle {
  const unknown = (because: string): BackendIdle => ({ ...backend, outcome: 'unknown', idleMs: null, because });
  if (answer === undefined) return unknown('it took no connection');
  if (answer.status === 0) return unknown('it gave no HTTP answer');
  const ended = answer.closing || (answer.outcome === 'closed' && answer.ms <= AT_ONCE_MS);
  if (ended && answer.status >= 400) return unknown(`it answered OPTIONS with ${answer.status} and closed`);
  if (ended) return { ...backend, outcome: 'not-kept', idleMs: null, because: null };
  return { ...backend, outcome: answer.outcome, idleMs: answer.ms, because: null };
}

function isThere<T>(item: T | undefined): item is T {
  return item !== undefined;
}
