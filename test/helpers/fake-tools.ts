import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A folder of commands to be used as PATH: real tools by name, and stand-ins that print what a real one once printed. */
export interface FakeTools extends Disposable {
  readonly path: string;
}

/** Makes the folder; `scripts` maps a command's name to the body of a POSIX sh script. */
export function createFakeTools(real: readonly string[], scripts: Readonly<Record<string, string>>): FakeTools {
  const path = mkdtempSync(join(tmpdir(), 'countersign-tools-'));
  for (const name of real) symlinkSync(locate(name), join(path, name));
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(path, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(path, name), 0o755);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function locate(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} is needed for this test`);
  return found;
}
