import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** One source file and the module specifiers it imports, as written. */
export interface SourceFile {
  /** Path relative to the folder that was read, such as `src`, with forward slashes. */
  readonly path: string;
  readonly imports: readonly { readonly specifier: string; readonly dynamic: boolean; readonly typeOnly: boolean }[];
  readonly text: string;
}

const MAX_LINES = 300;

/** What each folder of `src` may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  inventory: ['base'],
  probes: ['base'],
  rules: ['base', 'inventory', 'probes'],
  remedies: ['base', 'inventory', 'probes'],
  runbook: ['base', 'inventory', 'probes', 'rules', 'remedies'],
  engine: ['base', 'inventory', 'probes', 'rules', 'remedies', 'runbook'],
  ssh: ['base', 'inventory', 'engine'],
  store: ['base', 'inventory', 'probes', 'rules', 'remedies', 'runbook', 'engine'],
  slack: ['base', 'inventory', 'probes', 'rules', 'remedies', 'runbook', 'engine'],
  cli: ['base', 'inventory', 'probes', 'rules', 'remedies', 'runbook', 'engine'],
  telemetry: ['base', 'engine'],
  sandbox: ['base'],
  lab: ['base'],
  simulation: ['base', 'probes', 'engine', 'ssh'],
  config: ['base', 'inventory', 'runbook', 'engine', 'ssh', 'store', 'slack', 'cli', 'telemetry'],
};

/** Folders that are loaded dynamically: who has real hosts and a real Slack never loads them. */
const STAND_INS: readonly string[] = ['sandbox', 'lab', 'simulation'];

/** Packages that one folder alone may import. */
const SOLE_IMPORTERS: Readonly<Record<string, string>> = {
  ssh2: 'ssh',
  kysely: 'store',
  'better-sqlite3': 'store',
  '@slack/bolt': 'slack',
  '@slack/types': 'slack',
  ws: 'sandbox',
  hono: 'sandbox',
  '@hono/node-server': 'sandbox',
  commander: 'cli',
  pino: 'telemetry',
};

/** Reads all TypeScript below a `src` folder. */
export function readSource(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => sourceFile(relative(root, file).replaceAll('\\', '/'), readFileSync(file, 'utf8')));
}

/** Reads all TypeScript in these folders of the repository; paths begin with the folder. */
export function readFolders(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readSource(join(root, folder)).map((file) => ({ ...file, path: `${folder}/${file.path}` })),
  );
}

/** A source file from its text. */
export function sourceFile(path: string, text: string): SourceFile {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const imports = [...code.matchAll(/^\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)].map(
    (match) => ({
      specifier: match[3] ?? '',
      dynamic: false,
      typeOnly: match[2] !== undefined,
    }),
  );
  const dynamic = [...code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map((match) => ({
    specifier: match[1] ?? '',
    dynamic: true,
    typeOnly: false,
  }));
  return { path, text, imports: [...imports, ...dynamic] };
}

/** Every breach of the layers, the sole importers, the casts and the file sizes, as sentences; empty = the house stands. */
export function violations(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  return [
    ...files.flatMap((file) =>
      file.imports.flatMap((imported) => layerBreach(file, imported.specifier, imported.dynamic, known)),
    ),
    ...cycles(files),
    ...oversized(files),
    ...files.flatMap(shortcuts),
  ];
}

/** Files that are longer than a file may be, as sentences. */
export function oversized(files: readonly SourceFile[]): string[] {
  return files
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines; ${MAX_LINES} is the limit`);
}

function layerBreach(file: SourceFile, specifier: string, dynamic: boolean, known: ReadonlySet<string>): string[] {
  const folder = folderOf(file.path);
  if (!specifier.startsWith('.')) {
    const owner = SOLE_IMPORTERS[packageOf(specifier)];
    return owner !== undefined && owner !== folder ? [`${file.path} imports ${specifier}; only src/${owner} may`] : [];
  }
  const target = targetOf(file.path, specifier);
  if (!known.has(target)) return [`${file.path} imports ${specifier}, which does not exist`];
  const targetFolder = folderOf(target);
  if (folder === targetFolder) return [];
  const root = folder === '';
  if (root && STAND_INS.includes(targetFolder)) {
    return dynamic ? [] : [`${file.path} imports ${target} statically; ${targetFolder} is loaded dynamically`];
  }
  if (root || (ALLOWED[folder] ?? []).includes(targetFolder)) return [];
  return [`${file.path} (${folder}) must not import ${target} (${targetFolder || 'root'})`];
}

function cycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map((file) => [
      file.path,
      file.imports
        .filter((imported) => imported.specifier.startsWith('.') && !imported.dynamic)
        .map((imported) => targetOf(file.path, imported.specifier)),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      found.push(`import cycle: ${[...trail.slice(at), path].join(' -> ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}

function shortcuts(file: SourceFile): string[] {
  const found: string[] = [];
  if (/\bas any\b|:\s*any\b|<any>|@ts-(?:ignore|expect-error|nocheck)|as unknown as/.test(file.text)) {
    found.push(`${file.path} steps around the type checker`);
  }
  if (
    folderOf(file.path) !== 'base' &&
    !file.path.startsWith('sandbox/page/') &&
    /\bDate\.now\(|\bMath\.random\(/.test(file.text)
  ) {
    found.push(`${file.path} takes time or randomness from outside base`);
  }
  if (/^export \* from/m.test(file.text)) found.push(`${file.path} is a barrel`);
  return found;
}

function folderOf(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

function targetOf(from: string, specifier: string): string {
  return relative('/', resolve('/', dirname(from), specifier)).replaceAll('\\', '/');
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
