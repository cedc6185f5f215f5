import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { oversized, readFolders, readSource, sourceFile, violations } from './helpers/architecture.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');
/** Folders whose files are held to the size of a file alone. */
const BESIDES_SRC = ['test', 'bench', 'docs'];

describe('the house', () => {
  it('has no breach of layers, no import cycle, no barrel, no oversized file and no cast around the type checker', () => {
    const files = readSource(SRC);
    expect(files.length).toBeGreaterThan(50);
    expect(violations(files)).toEqual([]);
    expect(oversized(readFolders(ROOT, BESIDES_SRC))).toEqual([]);
  });

  it('is really checked: an upward import is caught', () => {
    const files = [
      sourceFile('base/a.ts', "import { x } from '../engine/b.ts';\n"),
      sourceFile('engine/b.ts', 'export const x = 1;\n'),
    ];
    expect(violations(files)).toEqual(['base/a.ts (base) must not import engine/b.ts (engine)']);
  });

  it('is really checked: siblings that import each other are caught', () => {
    const files = [
      sourceFile('slack/a.ts', "import type { X } from '../cli/b.ts';\n"),
      sourceFile('cli/b.ts', 'export type X = 1;\n'),
    ];
    expect(violations(files)).toHaveLength(1);
  });

  it('is really checked: a cycle is caught', () => {
    const files = [
      sourceFile('base/a.ts', "import { b } from './b.ts';\n"),
      sourceFile('base/b.ts', "import { a } from './a.ts';\n"),
    ];
    expect(violations(files)).toEqual(['import cycle: base/a.ts -> base/b.ts -> base/a.ts']);
  });

  it('is really checked: a package outside its one folder is caught, also through a subpath', () => {
    expect(violations([sourceFile('engine/a.ts', "import { Client } from 'ssh2';\n")])).toHaveLength(1);
    expect(violations([sourceFile('cli/a.ts', "import { x } from 'kysely/helpers/sqlite';\n")])).toHaveLength(1);
  });

  it('is really checked: a static import of the sandbox is caught and a dynamic one is allowed', () => {
    const sandbox = sourceFile('sandbox/s.ts', 'export const s = 1;\n');
    expect(violations([sourceFile('compose.ts', "import { s } from './sandbox/s.ts';\n"), sandbox])).toHaveLength(1);
    expect(violations([sourceFile('compose.ts', "const s = await import('./sandbox/s.ts');\n"), sandbox])).toEqual([]);
  });

  it('is really checked: long files, casts, barrels and stray clocks are caught', () => {
    const bad = [
      sourceFile('base/long.ts', 'export const a = 1;\n'.repeat(301)),
      sourceFile('base/cast.ts', 'export const a = JSON.parse("1") as unknown as string;\n'),
      sourceFile('engine/clock.ts', 'export const a = Date.now();\n'),
      sourceFile('base/barrel.ts', "export * from './cast.ts';\n"),
    ];
    expect(violations(bad)).toHaveLength(4);
  });

  it('is really checked: a long file is caught in the tests, the benchmarks and the documentation, however deep', () => {
    const root = mkdtempSync(join(tmpdir(), 'countersign-house-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const write = (path: string, lines: number): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), 'export const a = 1;\n'.repeat(lines));
    };
    write('test/short.test.ts', 300);
    write('test/engine/long.test.ts', 301);
    write('bench/long.ts', 302);
    write('docs/long.ts', 303);
    expect(oversized(readFolders(root, BESIDES_SRC))).toEqual([
      'test/engine/long.test.ts has 301 lines; 300 is the limit',
      'bench/long.ts has 302 lines; 300 is the limit',
      'docs/long.ts has 303 lines; 300 is the limit',
    ]);
  });
});
