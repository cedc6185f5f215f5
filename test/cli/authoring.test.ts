import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliScene, setCliScene, startCli } from '../helpers/cli.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GOOD = `name: good
title: Good
description: It is good.
steps:
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

describe('countersign lint', () => {
  it('is content with the shipped runbooks', async () => {
    expect(await scene.run('lint')).toEqual({ status: 0, stdout: '5 sound runbooks, 0 broken\n', stderr: '' });
  });

  it('shows every problem with file:line:column and what to do, and ends with status 11', async () => {
    scene.write('books/good.yaml', GOOD);
    const bad = scene.write('books/bad.yaml', GOOD.replace('good', 'bad').replace('probe: sysctl', 'probe: sysclt'));
    const { status, stdout, stderr } = await scene.run('lint', 'books');
    expect(status).toBe(11);
    expect(stdout).toBe('1 sound runbook, 1 broken\n');
    expect(stderr).toContain('books/bad.yaml:6:12 unknown probe "sysclt"\n  Did you mean sysctl?\n');
    expect(stderr).toContain(
      'books/bad.yaml:8:11 rule "ephemeral-ports" needs the probe "sysctl", which no step asks\n',
    );
    expect(stderr).not.toContain('good.yaml');
    expect(bad).toContain('books/bad.yaml');
  });

  it('shows them as JSON', async () => {
    const bad = scene.write('books/bad.yaml', 'name: bad\nstpes: []\n');
    const { status, stdout } = await scene.run('lint', join(scene.dir, 'books'), '--json');
    expect(status).toBe(11);
    const { sound, broken } = JSON.parse(stdout);
    expect(sound).toEqual([]);
    expect(broken[0].file).toBe(bad);
    expect(broken[0].problems).toContainEqual({
      message: 'unknown key "stpes"',
      location: { file: bad, line: 2, column: 1 },
      hint: 'Did you mean steps?',
    });
  });

  it('checks a single file', async () => {
    expect(await scene.run('lint', scene.write('good.yaml', GOOD))).toMatchObject({
      status: 0,
      stdout: '1 sound runbook, 0 broken\n',
    });
  });

  it('says that a directory is not there, with status 8', async () => {
    const { status, stderr } = await scene.run('lint', 'gone');
    expect(status).toBe(8);
    expect(stderr).toContain('the runbook directory gone cannot be read');
  });
});

describe('countersign generate', () => {
  it('finds the checked-in files up to date', async () => {
    expect(await scene.run('generate', '--check')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(JSON.parse((await scene.run('generate', '--check', '--json')).stdout)).toEqual({
      files: [
        { path: 'runbooks/schema.json', current: true },
        { path: 'docs/slack-app-manifest.yaml', current: true },
      ],
    });
  });

  it('finds a drifted file with status 11, leaves it alone, and writes it when told to', async () => {
    for (const part of ['dist', 'runbooks', 'docs/slack-app-manifest.yaml', 'package.json'])
      cpSync(join(ROOT, part), join(scene.dir, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(scene.dir, 'node_modules'));
    const main = join(scene.dir, 'dist/main.js');
    const schema = join(scene.dir, 'runbooks/schema.json');
    writeFileSync(schema, '{}\n');
    const checked = await startCli(['generate', '--check'], { main }).ended;
    expect(checked.status).toBe(11);
    expect(checked.stderr).toBe('runbooks/schema.json is out of date: run "npm run generate"\n');
    expect(readFileSync(schema, 'utf8')).toBe('{}\n');
    expect(await startCli(['generate'], { main }).ended).toMatchObject({
      status: 0,
      stderr: 'runbooks/schema.json written\n',
    });
    expect(readFileSync(schema, 'utf8')).toBe(readFileSync(join(ROOT, 'runbooks/schema.json'), 'utf8'));
  });
});
