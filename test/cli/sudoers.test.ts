import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/compose.ts';
import { hostRights } from '../../src/engine/host-rights.ts';
import { SUDO_RULES } from '../../src/lab/sudoers.ts';
import { loadRunbooks } from '../../src/runbook/load.ts';
import { type CliScene, setCliScene } from '../helpers/cli.ts';

const RUNBOOKS = fileURLToPath(new URL('../../runbooks', import.meta.url));
const ONLY_LOOKS = `name: looks
title: Looks
description: It only looks.
steps:
  - probe: listeners
  - probe: sockets
  - probe: sysctl
rules:
  - rule: ephemeral-ports
`;

let scene: CliScene;

beforeEach(() => {
  scene = setCliScene();
});

afterEach(() => {
  scene[Symbol.dispose]();
});

/** The commands that a sudoers file grants. */
function granted(text: string): string[] {
  return [...text.matchAll(/^\w+ ALL=\(root\) NOPASSWD: (.*)$/gm)].map(([, command = '']) => command);
}

describe('countersign sudoers', () => {
  it('prints what the shipped runbooks and their remedies need, and the lab grants exactly that', async () => {
    const { status, stdout, stderr } = await scene.run('sudoers', '--user', 'bot');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { reads, changes } = hostRights(loadRunbooks([RUNBOOKS], CATALOGUE).runbooks, CATALOGUE);
    expect(granted(stdout)).toEqual([...reads, ...changes]);
    expect([...SUDO_RULES].sort()).toEqual([...reads, ...changes].sort());
    expect(stdout).toContain('Defaults:bot !requiretty');
  });

  it('leaves the writing commands out for hosts that are only looked at', async () => {
    const { stdout } = await scene.run('sudoers', '--read-only');
    expect(granted(stdout).length).toBeGreaterThan(2);
    expect(granted(stdout).filter((command) => /tee|mv|cp|rm|reload/.test(command))).toEqual([]);
  });

  it('grants nothing that no runbook needs', async () => {
    scene.write('books/looks.yaml', ONLY_LOOKS);
    scene.write('narrow.yaml', 'inventory: hosts.yaml\nrunbooks: [books]\npeople: []\n');
    const { stdout } = await scene.run('--config', `${scene.dir}/narrow.yaml`, 'sudoers', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      reads: ['/usr/bin/ss -Htlnp', '/usr/sbin/nginx -T'],
      changes: [],
      checked: true,
    });
  });

  it('says which runbooks it could not count in', async () => {
    scene.write('books/looks.yaml', ONLY_LOOKS.replace('probe: sysctl', 'probe: sysclt'));
    scene.write('narrow.yaml', 'inventory: hosts.yaml\nrunbooks: [books]\npeople: []\n');
    const { status, stderr } = await scene.run('--config', `${scene.dir}/narrow.yaml`, 'sudoers');
    expect(status).toBe(11);
    expect(stderr).toContain('looks.yaml is broken, so what it needs is not counted in');
  });

  it.each(['ALL', '%wheel', 'a, b', '+net', '#0'])(
    'takes no name that sudoers reads as something else: %s',
    async (name) => {
      const { status, stderr } = await scene.run('sudoers', '--user', name);
      expect(status).toBe(2);
      expect(stderr).toContain('is not a login name');
    },
  );
});
