import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliScene, setCliScene, startCli } from '../helpers/cli.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const WEB = [
  '{ name: web-1, address: 10.9.8.1, user: deploy, groups: [web], tags: [nginx] }',
  '{ name: web-2, user: deploy, groups: [web] }',
];

let scene: CliScene;

beforeEach(() => {
  scene = setCliScene({ hosts: WEB });
});

afterEach(() => {
  scene[Symbol.dispose]();
});

describe('the command line', () => {
  it('helps: every command with what it does', async () => {
    const { status, stdout } = await scene.run('--help');
    expect(status).toBe(0);
    for (const command of [
      'run',
      'history',
      'show',
      'approve',
      'reject',
      'undo',
      'hosts',
      'list',
      'lint',
      'generate',
      'start',
      'demo',
      'lab',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  it('tells its version', async () => {
    expect(await scene.run('--version')).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
  });

  it.each([
    [['rnu', 'time-wait'], "unknown command 'rnu'", 'Did you mean run?'],
    [['hosts', '--jsno'], "unknown option '--jsno'", 'Did you mean --json?'],
    [['show', 'abc'], 'a whole number from 1 is needed', ''],
    [['show', '0'], 'a whole number from 1 is needed', ''],
    [['history', '--limit', '-1'], 'a whole number from 1 is needed', ''],
    [['start', '--port', '70000'], 'a whole number from 0 to 65535 is needed', ''],
    [['run'], "missing required argument 'name'", ''],
    [['show'], "missing required argument 'id'", ''],
  ])('refuses %j with status 2', async (args, message, hint) => {
    const { status, stdout, stderr } = await scene.run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  it('says what is wrong with the command line as JSON, too', async () => {
    const { status, stdout } = await scene.run('hsots', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'request/invalid',
        message: "unknown command 'hsots'",
        hint: '(Did you mean hosts?)',
        details: {},
      },
    });
  });

  it('shows its help and fails when no command is given', async () => {
    const { status, stderr } = await scene.run();
    expect(status).toBe(2);
    expect(stderr).toContain('Usage: countersign');
  });

  it('lets a reader go before it has read everything', async () => {
    const { child, ended } = scene.start('list', '--json');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('countersign hosts', () => {
  it('lists the hosts that a selector names', async () => {
    expect((await scene.run('hosts')).stdout).toBe(
      'web-1  deploy@10.9.8.1:22  @web tag:nginx\nweb-2  deploy@web-2:22  @web\n',
    );
    expect((await scene.run('hosts', '@web', '!web-2')).stdout).toBe('web-1  deploy@10.9.8.1:22  @web tag:nginx\n');
  });

  it('lists them as JSON', async () => {
    const { status, stdout } = await scene.run('hosts', 'tag:nginx', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'web-1', address: '10.9.8.1', port: 22, groups: ['web'] }]);
  });

  it('answers a bad selector with status 3 and near matches', async () => {
    const { status, stdout, stderr } = await scene.run('hosts', 'web-9');
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toBe('countersign: unknown host "web-9"\n  Did you mean web-1 or web-2 or @web?\n');
  });

  it('answers a bad selector as JSON', async () => {
    const { status, stdout, stderr } = await scene.run('hosts', '@wbe', '--json');
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'request/unknown-host',
        message: 'unknown group "@wbe"',
        hint: 'Did you mean @web?',
        details: { term: '@wbe' },
      },
    });
  });

  it('answers a selector that leaves no host with status 2', async () => {
    expect(await scene.run('hosts', '@web', '!@web')).toMatchObject({ status: 2 });
  });

  it('prints nothing of a selector that a terminal would act on', async () => {
    const { stderr } = await scene.run('hosts', 'x\u001b[31m\u202ey');
    expect(stderr).toContain('unknown host "xy"');
  });
});

describe('countersign list', () => {
  it('lists runbooks with their params', async () => {
    const { status, stdout } = await scene.run('list');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^time-wait {2}TIME_WAIT, ports and nginx connection reuse$/m);
    expect(stdout).toMatch(/^ {2}interval: integer, 2 to 60 seconds, default 10\. Time between/m);
  });

  it('lists them as JSON', async () => {
    const { runbooks, broken } = JSON.parse((await scene.run('list', '--json')).stdout);
    expect(broken).toEqual([]);
    expect(runbooks).toContainEqual(expect.objectContaining({ name: 'time-wait', params: expect.any(Array) }));
  });

  it('works without any configuration, for the runbooks that come with the package', async () => {
    const { status, stdout } = await startCli(['list'], { cwd: scene.dir, env: { HOME: `${scene.dir}/nobody` } }).ended;
    // The scene's own countersign.yaml stands in its directory, so look from elsewhere.
    expect(status).toBe(0);
    const elsewhere = await startCli(['list'], { cwd: '/', env: { HOME: `${scene.dir}/nobody` } }).ended;
    expect(elsewhere).toMatchObject({ status: 0, stdout });
  });
});

describe('a configuration', () => {
  it.each([
    ['is named but not there', undefined, /^countersign: the configuration .*other\.yaml cannot be read: ENOENT/],
    ['is broken YAML', 'inventory: "x\n', /^countersign: .*other\.yaml:2:1 missing closing "quote/],
    [
      'has an unknown key',
      'inventory: hosts.yaml\npeople: []\ninventroy: x\n',
      /^countersign: .*other\.yaml:3:1 unknown key "inventroy"\n {2}Did you mean inventory\?\n$/,
    ],
    [
      'names an inventory that is not there',
      'inventory: gone.yaml\npeople: []\n',
      /^countersign: the inventory .*gone\.yaml cannot be read/,
    ],
    ['is empty', '', /^countersign: .*other\.yaml:1:1 "inventory" is missing \(and 1 more\)/],
  ])('that %s ends with status 8 and says where', async (_what, text, message) => {
    if (text !== undefined) scene.write('other.yaml', text);
    const { status, stdout, stderr } = await scene.run('--config', `${scene.dir}/other.yaml`, 'hosts');
    expect({ status, stdout }).toEqual({ status: 8, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('of which there is none ends with status 8 and names the places', async () => {
    const options = { cwd: '/', env: { HOME: `${scene.dir}/nobody` } };
    const { status, stderr } = await startCli(['hosts'], options).ended;
    expect(status).toBe(8);
    expect(stderr).toContain('/countersign.yaml');
    expect(stderr).toContain('countersign demo');
  });

  it('in $COUNTERSIGN_CONFIG is used', async () => {
    const options = { cwd: '/', env: { COUNTERSIGN_CONFIG: `${scene.dir}/countersign.yaml` } };
    expect((await startCli(['hosts', 'web-2'], options).ended).stdout).toBe('web-2  deploy@web-2:22  @web\n');
  });
});
