import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { includePatterns, names } from '../../src/probes/nginx-config/include.ts';
import { parseTree } from '../../src/probes/nginx-config/tree.ts';
import type { ConfigFiles } from './nginx-edit.ts';

const CORPUS = fileURLToPath(new URL('../fixtures/nginx-corpus', import.meta.url));
const FOLDER = '/etc/nginx';

/** One configuration of the corpus as it would lie in /etc/nginx. */
export interface CorpusConfig {
  readonly name: string;
  /** One character per byte, in the order in which `nginx -T` prints them; by the names that nginx reads them under. */
  readonly files: ConfigFiles;
  /** The files that symbolic links stand for. */
  readonly links: Readonly<Record<string, string>>;
  /** The folder it lies in, or the file it is. */
  readonly source: string;
}

/** All configurations: `NAME.conf`, or a folder NAME with nginx.conf. */
export function corpus(): CorpusConfig[] {
  return readdirSync(CORPUS)
    .filter((entry) => !entry.endsWith('.json'))
    .sort()
    .map(load);
}

function load(entry: string): CorpusConfig {
  const source = join(CORPUS, entry);
  if (statSync(source).isFile()) {
    return { name: entry.replace(/\.conf$/, ''), files: { [`${FOLDER}/nginx.conf`]: read(source) }, links: {}, source };
  }
  const disk = new Map<string, string>();
  const links: Record<string, string> = {};
  for (const path of walk(source)) {
    const place = `${FOLDER}/${relative(source, path)}`;
    disk.set(place, read(path));
    if (lstatSync(path).isSymbolicLink()) links[place] = `${FOLDER}/${relative(source, realpathSync(path))}`;
  }
  const files: Record<string, string> = {};
  visit(`${FOLDER}/nginx.conf`, disk, files);
  return { name: entry, files, links, source };
}

/** nginx prints each file once, when its first include is met. */
function visit(path: string, disk: ReadonlyMap<string, string>, files: Record<string, string>): void {
  const text = disk.get(path);
  if (text === undefined || path in files) return;
  files[path] = text;
  const tree = parseTree(text);
  if (!tree.ok) return;
  for (const include of includePatterns(tree.directives, `${FOLDER}/nginx.conf`)) {
    for (const found of [...disk.keys()].filter((candidate) => names(include, candidate)).sort()) {
      visit(found, disk, files);
    }
  }
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

function read(path: string): string {
  return readFileSync(path, 'latin1');
}
