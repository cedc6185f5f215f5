import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SUDO_RULES } from '../../src/lab/sudoers.ts';
import { PROBES } from '../../src/probes/registry.ts';

function scriptOf(probe: (typeof PROBES)[number], sudo: boolean): readonly string[] {
  return probe.command({ sudo, intervalSeconds: 1 }).argv;
}

describe('what probes may run as root', () => {
  it('is said by each probe whose script can ask for root, and by no other', () => {
    for (const probe of PROBES) {
      const asks = scriptOf(probe, true).some((argument) => argument.includes('sudo -n'));
      expect([probe.id, probe.sudo.length > 0]).toEqual([probe.id, asks]);
    }
  });

  it('is asked for only where sudo may be used', () => {
    for (const probe of PROBES.filter(({ sudo }) => sudo.length > 0)) {
      expect(scriptOf(probe, true)).toContain('sudo');
      expect(scriptOf(probe, false)).not.toContain('sudo');
    }
  });

  it('names whole commands that only look, without a way to more', () => {
    for (const rule of PROBES.flatMap(({ sudo }) => sudo)) {
      expect(rule).toMatch(
        /^\/usr\/s?bin\/(?:nginx -T|ss -Htlnp|readlink \/proc\/\*\/(?:exe|ns\/net)|tail -n 2000 \/var\/log\/nginx\/error\.log)$/,
      );
    }
  });

  it('is what sudoers(5) can say, and what the lab’s login user has', () => {
    const rules = [...new Set(PROBES.flatMap(({ sudo }) => sudo))];
    for (const rule of rules) expect(SUDO_RULES).toContain(rule);
    const folder = mkdtempSync(join(tmpdir(), 'countersign-sudoers-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'sudoers');
    writeFileSync(file, rules.map((rule) => `somebody ALL=(root) NOPASSWD: ${rule}\n`).join(''), { mode: 0o440 });
    expect(spawnSync('/usr/sbin/visudo', ['-c', '-f', file]).status).toBe(0);
  });
});
