import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

it('a reader that goes away ends the program quietly', () => {
  const script = 'exec 3>&1; { "$0" "$1" list 2>&3; echo "status $?" >&3; } | head -n 0';
  const { stdout } = spawnSync('bash', ['-c', script, process.execPath, MAIN], { encoding: 'utf8' });
  expect(stdout).toMatch(/^status (?:141|0)\n$/);
});
