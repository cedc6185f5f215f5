import { sha256 } from '../../base/digest.ts';
import { sudoRefused } from '../privilege.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import { problem, unreadable } from '../problem.ts';
import { bytesOf, type DumpedFile, splitDump } from './dump.ts';
import { extractFact } from './extract.ts';
import type { NginxConfigFact } from './fact.ts';
import { outlineOf } from './outline.ts';
import { resolveConfig } from './resolve.ts';

const SUDOERS =
  'Allow "/usr/sbin/nginx -T" (and "/usr/sbin/nginx -T -c FILE" for a master started with -c) in sudoers.';

/** `nginx -T` of one master. */
interface Dump {
  readonly exitCode: number;
  readonly text: string;
  /** One character per byte, because some bytes are not UTF-8. */
  readonly latin1: boolean;
  /** The file that each path stands for once symbolic links are followed. */
  readonly targets: Map<string, string>;
}

/**
 * Reads `dump PID EXIT LINES` (and ` latin1`) followed by that many lines of `nginx -T` and by `target PATH<tab>FILE` lines, once per
 * master, and merges what they say.
 * On an error nginx prints no configuration and says why on stderr as `[emerg] …` (nginx(8)).
 */
export function parseNginxConfig(output: ProbeOutput): Parsed<NginxConfigFact> {
  if (/^absent$/m.test(output.stdout)) return problem('tool_missing', output, 'nginx is not installed on this host.');
  if (output.droppedBytes > 0) {
    return unreadable(output, 'The configuration is longer than the output limit, so it was not judged in part.');
  }
  const dumps = splitFrames(output.stdout);
  if (!dumps) return unreadable(output, 'Expected the output of nginx -T, but it has another form.');
  if (dumps.length === 0) {
    return unreadable(output, 'Every nginx master belongs to another user, so its configuration was not read.');
  }
  if (dumps.some((dump) => dump.exitCode !== 0)) return refused(output);
  return merge(output, dumps);
}

function splitFrames(stdout: string): Dump[] | null {
  const lines = stdout.split('\n');
  const dumps: Dump[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const [, exit, count, latin1] = /^dump \d+ (\d+) +(\d+)( latin1)?$/.exec(line) ?? [];
    const [, path, target] = /^target (\/[^\t]*)\t(\/[^\t]*)$/.exec(line) ?? [];
    if (exit === undefined && path === undefined && line !== '' && !/^skipped \d+$/.test(line)) return null;
    if (path !== undefined && target !== undefined) dumps.at(-1)?.targets.set(path, target);
    at += 1;
    if (exit === undefined) continue;
    const end = at + Number(count);
    if (end > lines.length) return null;
    dumps.push({
      exitCode: Number(exit),
      text: lines
        .slice(at, end)
        .map((text) => `${text}\n`)
        .join(''),
      latin1: latin1 !== undefined,
      targets: new Map(),
    });
    at = end;
  }
  return dumps;
}

function refused(output: ProbeOutput): Parsed<never> {
  if (sudoRefused(output)) return problem('sudo_refused', output, `Reading the configuration needs root. ${SUDOERS}`);
  const emergency = /\[(?:emerg|alert)\].*/.exec(output.stderr)?.[0].replace(/ \d+#\d+:/, '');
  if (emergency?.includes('Permission denied')) {
    return unreadable(output, `nginx -T needs root on this host: ${emergency}. ${SUDOERS}`);
  }
  const said = emergency ?? 'nginx -T failed without saying why';
  return unreadable(output, `nginx refuses its own configuration, so nothing in it was judged: ${said}`);
}

function merge(output: ProbeOutput, dumps: readonly Dump[]): Parsed<NginxConfigFact> {
  const facts: NginxConfigFact[] = [];
  for (const dump of dumps) {
    const files = filesOf(dump);
    if (files.length === 0) return unreadable(output, 'nginx -T printed no configuration file.');
    const resolved = resolveConfig(files);
    if (!resolved.ok) {
      const where = `${resolved.file}:${resolved.error.line}`;
      return unreadable(output, `The configuration was not understood at ${where}: ${resolved.error.message}.`);
    }
    const digests = files.map((file) => ({ path: file.path, sha256: sha256(bytesOf(file)) }));
    const outline = dumps.length === 1 ? outlineOf(files, dump.targets) : null;
    facts.push({ files: digests, ...extractFact(resolved.directives), ...(outline && { outline }) });
  }
  const [only] = facts;
  return { ok: true, fact: facts.length === 1 && only ? only : combined(facts) };
}

/** The files with their text; where some bytes are not UTF-8 the bytes are kept beside it. */
function filesOf({ text, latin1 }: Dump): DumpedFile[] {
  const files = splitDump(text);
  if (!latin1) return files;
  return files.map((file) => ({
    path: Buffer.from(file.path, 'latin1').toString('utf8'),
    text: Buffer.from(file.text, 'latin1').toString('utf8'),
    bytes: file.text,
  }));
}

function combined(facts: readonly NginxConfigFact[]): NginxConfigFact {
  return {
    files: facts.flatMap((fact) => fact.files),
    workerProcesses: facts.find((fact) => fact.workerProcesses !== null)?.workerProcesses ?? null,
    upstreams: facts.flatMap((fact) => fact.upstreams),
    proxies: facts.flatMap((fact) => fact.proxies),
    listens: facts.flatMap((fact) => fact.listens),
    clientKeepaliveRequests: facts.flatMap((fact) => fact.clientKeepaliveRequests),
    clientKeepaliveTimeoutMs: facts.flatMap((fact) => fact.clientKeepaliveTimeoutMs),
    errorLogs: facts.flatMap((fact) => fact.errorLogs),
    connectionMaps: facts.flatMap((fact) => fact.connectionMaps),
  };
}
