import { type IncludePattern, includePatterns, names } from './include.ts';
import { type ConfigTree, parseTree } from './tree.ts';

/** A configuration file as `nginx -T` printed it. */
export interface DumpedFile {
  readonly path: string;
  /** The file's text, without the newline that nginx adds after it. */
  readonly text: string;
  /** Its bytes, one character each, where they are not all UTF-8 and the text is not the whole truth. */
  readonly bytes?: string;
}

/** The bytes of a file. */
export function bytesOf({ text, bytes }: DumpedFile): Buffer {
  return bytes === undefined ? Buffer.from(text, 'utf8') : Buffer.from(bytes, 'latin1');
}

interface Marker {
  readonly path: string;
  readonly start: number;
  readonly textStart: number;
}

/** So many look-alikes within one file are no accident; the rest of them is not examined. */
const MAX_LOOKALIKES = 50;

const MARKER = /^# configuration file (\/.+):$/gm;

/**
 * The files of an `nginx -T` output, in the order in which nginx read them; empty when it holds none.
 *
 * nginx prints `# configuration file PATH:`, the file, and one newline, each file once, when it meets the file's first
 * `include`. A comment may look like such a line, so a line counts only where the text before it is a complete file and
 * an `include` that is still to be followed can name its path. Text before the first marker is not configuration.
 */
export function splitDump(output: string): DumpedFile[] {
  const markers = [...output.matchAll(MARKER)].map(toMarker);
  const [first, ...rest] = markers;
  if (!first) return [];
  const files: DumpedFile[] = [];
  let current = first;
  let pending: readonly IncludePattern[] = [];
  let lookalikes = 0;
  for (const marker of rest) {
    if (lookalikes > MAX_LOOKALIKES) break;
    const text = fileText(output, current, marker.start);
    const next = accept({ text, current, marker, pending, mainFile: first.path, seen: files });
    lookalikes = next ? 0 : lookalikes + 1;
    if (!next) continue;
    files.push({ path: current.path, text });
    current = marker;
    pending = next;
  }
  return [...files, { path: current.path, text: fileText(output, current, output.length) }];
}

function toMarker(match: RegExpExecArray): Marker {
  return { path: match[1] ?? '', start: match.index, textStart: match.index + match[0].length + 1 };
}

function fileText(output: string, marker: Marker, end: number): string {
  const text = output.slice(marker.textStart, end);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

interface Candidate {
  readonly text: string;
  readonly current: Marker;
  readonly marker: Marker;
  readonly pending: readonly IncludePattern[];
  readonly mainFile: string;
  readonly seen: readonly DumpedFile[];
}

/** The includes still to be followed after the marker's file was begun; null when the marker is only a comment. */
function accept(candidate: Candidate): readonly IncludePattern[] | null {
  const { text, current, marker, pending, mainFile, seen } = candidate;
  if (marker.path === current.path || seen.some((file) => file.path === marker.path)) return null;
  const tree: ConfigTree = parseTree(text);
  if (!tree.ok) return null;
  const open = [...includePatterns(tree.directives, mainFile), ...pending];
  const at = open.findIndex((include) => names(include, marker.path));
  if (at === -1) return null;
  return open.slice(open[at]?.glob ? at : at + 1);
}
