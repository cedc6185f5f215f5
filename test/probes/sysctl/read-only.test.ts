import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sysctlProbe } from '../../../src/probes/sysctl/index.ts';

/** Asks in a mount namespace of its own, after this shell line; needs root. */
function askAfter(line: string) {
  const { argv } = sysctlProbe.command({ sudo: false, intervalSeconds: 1 });
  const ran = spawnSync('unshare', ['-m', 'sh', '-c', `${line} && exec "$@"`, 'sh', ...argv], { encoding: 'utf8' });
  const parsed = sysctlProbe.parse({
    stdout: ran.stdout,
    stderr: ran.stderr,
    exitCode: ran.status ?? -1,
    droppedBytes: 0,
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.fact;
}

describe('kernel settings', () => {
  it('are known to be read-only as in a container', () => {
    expect(askAfter('mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys').readOnly).toBe(true);
  });

  it('are writable where only something else is read-only', () => {
    expect(askAfter('mount --bind /proc/irq /proc/irq && mount -o remount,ro,bind /proc/irq').readOnly).toBe(false);
  });

  it('name the first port that needs no privilege', () => {
    expect(askAfter('true').unprivilegedPortStart).toBe(1024);
  });
});
