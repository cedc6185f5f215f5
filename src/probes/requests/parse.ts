import { list } from '../../base/format.ts';
import { wholeNumber } from '../number.ts';
import { brokenOutput, problem, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { RequestsFact } from './fact.ts';

const REMEDY =
  'Give one server a location with "stub_status; allow 127.0.0.1; deny all;", or let the login user read the access log.';

interface Sample {
  readonly uptimeSeconds: number;
  readonly numbers: readonly number[];
}

/**
 * Reads `status URL` or `log FILE` lines and two `sample UPTIME NUMBER…` lines: accepts, requests, active and waiting for
 * stub_status (ngx_http_stub_status_module), lines for logs. Without them the lines say what was tried.
 */
export function parseRequests(output: ProbeOutput): Parsed<RequestsFact> {
  const broken = brokenOutput(output, 'awk');
  if (broken !== undefined) return broken;
  const lines = output.stdout.trimEnd().split('\n');
  if (lines[0] !== 'countersign-requests 1') {
    return unreadable(output, 'Two samples of requests behind a line "countersign-requests 1" were expected.');
  }
  if (lines.at(-1) !== 'end') return absent(output, lines);
  const samples = lines.filter((line) => line.startsWith('sample ')).map(readSample);
  const [first, second] = samples;
  if (samples.length !== 2 || !first || !second || !(second.uptimeSeconds > first.uptimeSeconds)) {
    return unreadable(output, 'Two samples, the second later than the first, were expected.');
  }
  const [url, ...urls] = after(lines, 'status ');
  const fact = url === undefined ? fromLogs(after(lines, 'log '), first, second) : fromStatus(url, first, second);
  if (urls.length > 0 || fact === undefined) {
    return unreadable(
      output,
      'Counters that only rise were expected; nginx may have been restarted between the samples.',
    );
  }
  return { ok: true, fact };
}

function readSample(line: string): Sample | undefined {
  const match = /^sample (\d{1,12}(?:\.\d{1,9})?)((?: \d{1,16}){1,4})$/.exec(line);
  if (match === null) return undefined;
  const numbers = (match[2] ?? '').trim().split(' ').map(wholeNumber);
  return numbers.every((number) => number !== undefined) ? { uptimeSeconds: Number(match[1]), numbers } : undefined;
}

/** The second look is itself a connection and a request. */
function fromStatus(url: string, first: Sample, second: Sample): RequestsFact | undefined {
  const [acceptsBefore, requestsBefore] = first.numbers;
  const [accepts, requests, activeConnections, idleConnections] = second.numbers;
  if (!/^https?:\/\/\S{1,300}$/.test(url) || first.numbers.length !== 4 || second.numbers.length !== 4)
    return undefined;
  if (acceptsBefore === undefined || requestsBefore === undefined || accepts === undefined || requests === undefined) {
    return undefined;
  }
  if (accepts < acceptsBefore || requests < requestsBefore) return undefined;
  const intervalSeconds = round(second.uptimeSeconds - first.uptimeSeconds);
  return {
    source: 'stub_status',
    from: url,
    intervalSeconds,
    requestsPerSecond: perSecond(requests - requestsBefore - 1, intervalSeconds),
    acceptsPerSecond: perSecond(accepts - acceptsBefore - 1, intervalSeconds),
    activeConnections: activeConnections ?? null,
    idleConnections: idleConnections ?? null,
  };
}

function fromLogs(files: readonly string[], first: Sample, second: Sample): RequestsFact | undefined {
  const [lines, ...rest] = second.numbers;
  if (files.length === 0 || lines === undefined || rest.length > 0 || first.numbers.length !== 1) return undefined;
  const intervalSeconds = round(second.uptimeSeconds - first.uptimeSeconds);
  return {
    source: 'access_log',
    from: list(files),
    intervalSeconds,
    requestsPerSecond: perSecond(lines, intervalSeconds),
    acceptsPerSecond: null,
    activeConnections: null,
    idleConnections: null,
  };
}

/** Why nothing tells the rate. */
function absent(output: ProbeOutput, lines: readonly string[]): Parsed<never> {
  if (lines.includes('no nginx')) return problem('unreadable', output, 'nginx does not run, so it serves no requests.');
  if (lines.includes('nothing named')) {
    const reason = 'its configuration, as far as it can be read, has neither stub_status nor an access log in a file';
    return problem('unreadable', output, `Requests per second are not known: ${reason}. ${REMEDY}`);
  }
  const reasons = [
    ...(lines.includes('no client') ? ['neither curl nor wget is installed'] : []),
    ...listed(after(lines, 'tried '), (tried) => `stub_status did not answer at ${tried}`),
    ...listed(after(lines, 'unreadable '), (files) => `${files} is not readable for this user`),
    ...listed(after(lines, 'partial '), (files) => `${files} is written late, in part or elsewhere`),
    ...listed(after(lines, 'rotated '), (files) => `${files} was rotated meanwhile`),
  ];
  if (reasons.length === 0 || lines.at(-1) !== 'none') {
    return unreadable(output, 'Two samples of stub_status or of access logs were expected.');
  }
  return problem('unreadable', output, `Requests per second are not known: ${reasons.join('; ')}. ${REMEDY}`);
}

function listed(words: readonly string[], sentence: (words: string) => string): string[] {
  return words.length === 0 ? [] : [sentence(list(words.slice(0, 4)))];
}

function after(lines: readonly string[], prefix: string): string[] {
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

function perSecond(count: number, seconds: number): number {
  return round(Math.max(0, count) / seconds);
}

/** /proc/uptime has hundredths of a second; more digits would be noise of the division. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
