import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startDemo } from '../helpers/demo.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** Nobody of this machine: a user without rights. */
const UID = 65_534;

it('starts without root on simulated hosts, says why, takes commands, and leaves nothing', {
  timeout: 90_000,
}, async () => {
  await using demo = await startDemo({ hosts: 2, load: true, uid: UID });
  expect(demo.output()).toContain('all simulated: real ones are network namespaces, which only root may make.');
  expect(demo.output()).toMatch(/^Simulated hosts: simulated-web-1 .*, simulated-web-2 .*, simulated-db-1 /m);
  const config = /--config (\S+)/.exec(demo.output())?.[1] ?? '';
  const run = ['--config', config, 'run', 'service-port', 'on', '@web'];
  const nobody = { uid: UID, gid: UID, cwd: '/' };
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...run], nobody);
  expect(stdout).toContain('service-port on @web · 2 of 2 hosts answered');
  expect(stdout).toMatch(/^WARNING .*Service ports inside the ephemeral range.*\[simulated-web-1 simulated-web-2\]$/m);
  expect(existsSync(config)).toBe(true);
  expect(await demo.stop()).toBe(0);
  expect(existsSync(dirname(config))).toBe(false);
});
