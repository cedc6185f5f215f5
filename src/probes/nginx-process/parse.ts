import { unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { NginxMaster, NginxProcessFact, NginxVersion } from './fact.ts';

/**
 * Reads one block per master: `master PID WORKERS`, `args TITLE`, `exe PATH`, `version nginx/1.22.1`.
 * Sources: ps(1); proc_pid_exe(5) for ` (deleted)`; `nginx -v`, whose line is `nginx version: FLAVOR/VERSION`.
 */
export function parseNginxProcess(output: ProbeOutput): Parsed<NginxProcessFact> {
  const [first = ''] = output.stdout.split('\n');
  if (first === 'none') return { ok: true, fact: { masters: [] } };
  if (first === 'hidden') {
    return unreadable(output, 'Other processes are hidden from this user (hidepid), so nginx could not be looked for.');
  }
  const blocks = output.stdout.split(/^(?=master \d+ \d+$)/m);
  const masters = blocks.flatMap((block) => parseMaster(block) ?? []);
  if (masters.length === 0 || masters.length !== blocks.length) {
    return unreadable(output, 'Expected the list of nginx masters, but the output has another form.');
  }
  return { ok: true, fact: { masters } };
}

/** An nginx version as `nginx/1.22.1` or `openresty/1.25.3.1`; null for anything else. */
export function parseVersion(text: string): NginxVersion | null {
  const match = /^([A-Za-z][\w.-]*)\/((\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?\S*)$/.exec(text.trim());
  if (!match) return null;
  const [, flavor = '', version = '', major, minor, patch = '0'] = match;
  return {
    flavor: flavor.toLowerCase(),
    text: version,
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
  };
}

function parseMaster(block: string): NginxMaster | null {
  const [, pid, workers] = /^master (\d+) (\d+)$/m.exec(block) ?? [];
  if (pid === undefined || workers === undefined) return null;
  const args = lineOf(block, 'args') ?? '';
  const exe = lineOf(block, 'exe') ?? '';
  const version = lineOf(block, 'version');
  return {
    pid: Number(pid),
    configPath: option(args, '-c'),
    prefix: option(args, '-p'),
    ...globalDirectives(args),
    binary: exe === '' ? null : exe.replace(/ \(deleted\)$/, ''),
    binaryReplaced: exe === '' ? null : exe.endsWith(' (deleted)'),
    version: version === null ? null : parseVersion(version),
    workers: Number(workers),
  };
}

function lineOf(block: string, name: string): string | null {
  return new RegExp(`^${name} ?(.*)$`, 'm').exec(block)?.[1] ?? null;
}

/** `-c FILE` and `-cFILE` of `nginx: master process nginx -c FILE` are the same (nginx's ngx_get_options). */
function option(args: string, flag: '-c' | '-p'): string | null {
  const words = args.trim().split(/\s+/).slice(4);
  const at = words.findIndex((word) => word.startsWith(flag));
  const word = words[at];
  if (word === undefined) return null;
  return (word === flag ? words[at + 1] : word.slice(2)) ?? null;
}

/** The title holds `-g` without the quotes of the command line, so it ends where the next option begins. */
function globalDirectives(args: string): Pick<NginxMaster, 'globalDirectives'> {
  const text = / -g ?(.*?)(?: -[cpe] ?\S.*)?$/.exec(args.trim())?.[1]?.trim();
  return text === undefined ? {} : { globalDirectives: text };
}
