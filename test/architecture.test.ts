import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSource, sourceFile, violations } from './helpers/architecture.ts';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

describe('the house', () => {
  it('has no breach of layers, no import cycle, no barrel, no oversized file and no cast around the type checker', () => {
    const files = readSource(SRC);
    expect(files.length).toBeGreaterThan(50);
    expect(violations(files)).toEqual([]);
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
});
