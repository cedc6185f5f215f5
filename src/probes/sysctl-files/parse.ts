import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { SettingsRewriter, SysctlFileEntry, SysctlFilesFact } from './fact.ts';
import { rewriterOf, signOf } from './rewriters.ts';

interface ConfFile {
  readonly path: string;
  readonly entries: SysctlFileEntry[];
  /** Comments near the head of the file. */
  readonly comments: string[];
  /** True for a link to /etc/sysctl.conf, such as Debian's /etc/sysctl.d/99-sysctl.conf. */
  isSysctlConf: boolean;
  readable: boolean;
}

interface Listing {
  readonly files: readonly ConfFile[];
  readonly signs: readonly SettingsRewriter[];
}

const SYSCTL_CONF = '/etc/sysctl.conf';
/** sysctl.d(5): a file masks files of the same name in the directories that follow. */
const DIRECTORIES = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d'];

/** Reads the named files, masks and orders them as sysctl.d(5) says, with /etc/sysctl.conf last (procps `sysctl --system`). */
export function parseSysctlFiles(output: ProbeOutput): Parsed<SysctlFilesFact> {
  const broken = brokenOutput(output, 'grep');
  if (broken !== undefined) return broken;
  const own = /^own (none|\d{1,7})$/m.exec(output.stdout);
  const head = own === null ? '' : output.stdout.slice(0, own.index);
  const listing = readListing(head);
  const ownDropIn = own === null ? undefined : ownText(own[1] ?? '', output.stdout.slice(own.index + own[0].length));
  if (listing === undefined || ownDropIn === undefined) {
    return unreadable(output, 'A list of sysctl.d files and the whole text of the own drop-in were expected.');
  }
  const inForce = applied(listing.files);
  return {
    ok: true,
    fact: {
      entries: inForce.flatMap((file) => file.entries),
      ownDropIn,
      unreadableFiles: inForce.filter((file) => !file.readable).map((file) => file.path),
      rewriters: [...inForce.flatMap(({ path, comments }) => rewriterOf(path, comments) ?? []), ...listing.signs],
    },
  };
}

function readListing(text: string): Listing | undefined {
  const [first, ...lines] = text.trimEnd().split('\n');
  if (first !== 'countersign-sysctl-files 1') return undefined;
  const files: ConfFile[] = [];
  const signs: SettingsRewriter[] = [];
  for (const line of lines) {
    const path = /^file (\/.{1,4000})$/.exec(line)?.[1];
    const sign = signOf(line);
    const current = files.at(-1);
    if (path !== undefined) files.push({ path, entries: [], comments: [], isSysctlConf: false, readable: true });
    else if (sign !== undefined) signs.push(sign);
    else if (current === undefined || !readLine(current, line)) return undefined;
  }
  return { files, signs };
}

function readLine(file: ConfFile, line: string): boolean {
  if (line === `is ${SYSCTL_CONF}`) file.isSysctlConf = true;
  else if (line === 'no permission') file.readable = false;
  else if (line.startsWith('comment ')) file.comments.push(line.slice('comment '.length));
  else return keepEntry(file, line);
  return true;
}

/** `3:-net/ipv4/tcp_tw_reuse = 1`: grep's line number, an optional `-` (errors ignored), dots or slashes between the parts. */
function keepEntry(file: ConfFile, text: string): boolean {
  const match = /^(\d{1,7}):\s*-?\s*(net[./]ipv4[./][^\s=]{1,100})\s*(?:=(.*))?$/.exec(text);
  const line = wholeNumber(match?.[1] ?? '');
  if (match === null || line === undefined) return false;
  const value = match[3];
  // A line without `=` only excludes the key from globs (sysctl.d(5)); it sets nothing.
  if (value !== undefined) {
    file.entries.push({ file: file.path, line, key: (match[2] ?? '').replaceAll('/', '.'), value: value.trim() });
  }
  return true;
}

function applied(files: readonly ConfFile[]): readonly ConfFile[] {
  const byName = new Map<string, ConfFile>();
  for (const directory of DIRECTORIES) {
    for (const file of files) {
      const name = nameIn(directory, file.path);
      if (name !== undefined && !byName.has(name)) byName.set(name, file);
    }
  }
  const ordered = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  const main = files.find((file) => file.path === SYSCTL_CONF);
  return main === undefined ? ordered : [...ordered.filter((file) => !file.isSysctlConf), main];
}

function nameIn(directory: string, path: string): string | undefined {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
}

/** The drop-in's text when its size in bytes is the one that was announced; undefined when it is not whole. */
function ownText(size: string, rest: string): string | null | undefined {
  if (size === 'none') return /^\nend\s*$/.test(rest) ? null : undefined;
  const body = /^\n([\s\S]*)\nend\n?$/.exec(rest)?.[1];
  return body !== undefined && Buffer.byteLength(body) === Number(size) ? body : undefined;
}
