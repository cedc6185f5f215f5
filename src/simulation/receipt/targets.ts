import { sha256 } from '../../base/digest.ts';
import type { Machine } from '../machine.ts';

/** What an action changes, by the four words that a receipt's command names it with. */
export interface Target {
  readonly kind: string;
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A target's text; null = the file is not there. */
export type Image = string | null;

/** The targets of a receipt's command: four words each. */
export function targetsOf(words: readonly string[]): Target[] {
  return Array.from({ length: Math.floor(words.length / 4) }, (_, index) => {
    const [kind = '', path = '', before = '', after = ''] = words.slice(index * 4);
    return { kind, path, before, after };
  });
}

/** What a target holds now. */
export function imageOf(machine: Machine, { kind, path }: Target): Image {
  if (kind === 'sysctl') return machine.setting(path.replace(/^\/proc\/sys\//, ''))?.replaceAll('\t', ' ') ?? null;
  return machine.files.get(path) ?? null;
}

/** Whether an image is what the change was approved on. */
export function isBefore({ kind, before }: Target, image: Image): boolean {
  if (kind === 'nginx') return true;
  if (kind === 'new-file') return image === null;
  return image !== null && (kind === 'edit' ? sha256(Buffer.from(image)) === before : image === before);
}

/** What a target becomes from its pre-image; undefined when that cannot be put together. */
export function composed({ kind, after }: Target, pre: Image): string | undefined {
  return kind === 'edit' ? spliced(pre ?? '', after) : after;
}

/** Lets a target hold this; false when the host has no such setting. */
export function put(machine: Machine, { kind, path }: Target, image: Image): boolean {
  if (kind === 'sysctl') return machine.set(path.replace(/^\/proc\/sys\//, ''), image ?? '');
  if (image === null) machine.remove(path);
  else machine.write(path, image);
  return true;
}

/** The growth in bytes, then `POSITION:REMOVED:TEXT.` lines; TEXT as printf's %b reads it (POSIX printf). */
function spliced(text: string, words: string): string | undefined {
  const old = Buffer.from(text).toString('latin1');
  const [growth, ...lines] = words.split('\n');
  let next = '';
  let at = 0;
  for (const line of lines) {
    const [, position, removed, insert = ''] = /^(\d+):(\d+):(.*)\.$/.exec(line) ?? [];
    if (position === undefined) return undefined;
    next += old.slice(at, Number(position)) + printed(insert);
    at = Number(position) + Number(removed);
  }
  next += old.slice(at);
  return next.length === old.length + Number(growth) ? Buffer.from(next, 'latin1').toString('utf8') : undefined;
}

function printed(text: string): string {
  return text.replace(/\\(?:n|0([0-7]{1,3}))/g, (_, octal?: string) =>
    octal === undefined ? '\n' : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
