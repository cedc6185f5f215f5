import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CliScene, setCliScene } from '../helpers/cli.ts';
import { freePort, keygen, startSshd, type TestSshd } from '../helpers/sshd.ts';

const FAST = 'interval=2';
let sshd: TestSshd;
let scene: CliScene;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
});

afterEach(() => {
  scene[Symbol.dispose]();
});

/** A host of the inventory that is the test's sshd, but for these differences. */
function sshdHost(differences: Readonly<Record<string, string | number>> = {}): string {
  const host = {
    name: 'web-1',
    address: '127.0.0.1',
    port: sshd.port,
    user: userInfo().username,
    identity_file: sshd.identityFile,
    host_key: sshd.publicKey('ed25519'),
    ...differences,
  };
  return JSON.stringify({ ...host, groups: ['web'] });
}

describe('countersign run', () => {
  it('asks a real host, prints what it found, and keeps it in the history', async () => {
    scene = setCliScene({ hosts: [sshdHost()] });
    const { status, stdout, stderr } = await scene.run('run', 'time-wait', 'on', '@web', FAST);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^time-wait on @web · 1 of 1 host answered · .* s · run 1, asked by mia at .* · interval=2 min_time_wait=1000\n/,
    );
    expect(stdout).not.toContain('\u001b');

    const history = await scene.run('history');
    expect(history.stdout).toMatch(/ {2}run 1 {2}time-wait on @web {2}1\/1 hosts {2}/);
    const filtered = await scene.run('history', 'web-1', '--since', '1h', '--runbook', 'time-wait', '--json');
    expect(JSON.parse(filtered.stdout)).toMatchObject([
      { run: { id: 1, state: 'finished', requester: 'mia', surface: 'cli' } },
    ]);
    expect((await scene.run('history', '--runbook', 'service-port')).stdout).toBe('No such runs.\n');

    const shown = await scene.run('show', '1');
    expect(shown).toEqual({ status: 0, stdout, stderr: '' });
    const raw = await scene.run('show', '1', '--raw');
    expect(raw.stdout).toMatch(/^--- web-1 kernel \(exit 0, \d+ ms\)$/m);
    const json = JSON.parse((await scene.run('show', '1', '--raw', '--json')).stdout);
    expect(json.steps.map((step: { probe: string }) => step.probe)).toContain('sockets');
    expect(json.hosts).toMatchObject([{ host: 'web-1', outcome: 'ok' }]);
  }, 60_000);

  it('asks the hosts that can be asked, names every other, and still succeeds', async () => {
    const closed = await freePort();
    scene = setCliScene({ hosts: [sshdHost(), sshdHost({ name: 'web-2', port: closed })] });
    const { status, stdout } = await scene.run('run', 'service-port', 'on', '@web');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^service-port on @web · 1 of 2 hosts answered · /);
    expect(stdout).toContain(
      `  web-2 unreachable: web-2 (127.0.0.1 port ${closed}) refused the connection; check that sshd runs`,
    );
  }, 60_000);

  it('that no host answers ends with status 9: host down', async () => {
    const closed = await freePort();
    scene = setCliScene({ hosts: [sshdHost({ port: closed })] });
    const { status, stdout } = await scene.run('run', 'service-port', 'on', 'web-1');
    expect(status).toBe(9);
    expect(stdout).toContain('0 of 1 host answered');
    expect(stdout).toContain('web-1 unreachable: ');
  });

  it('that no host answers ends with status 9: wrong host key', async () => {
    const other = 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    scene = setCliScene({ hosts: [sshdHost({ host_key: other })] });
    const { status, stdout } = await scene.run('run', 'service-port', 'on', 'web-1');
    expect(status).toBe(9);
    expect(stdout).toMatch(/web-1 host key differs from the pinned one: .* showed the ssh-ed25519 key SHA256:/);
    expect(stdout).toContain(other);
  });

  it('that no host answers ends with status 9: host key not known', async () => {
    scene = setCliScene({
      hosts: [JSON.stringify({ ...JSON.parse(sshdHost()), host_key: undefined, known_hosts: 'none' })],
    });
    const { status, stdout } = await scene.run('run', 'service-port', 'on', 'web-1');
    expect(status).toBe(9);
    expect(stdout).toMatch(
      /web-1 host key not known: .*there is no file .*run `countersign hosts trust web-1`.* or pin "SHA256:/,
    );
  });

  it('that no host answers ends with status 9: login refused', async () => {
    scene = setCliScene();
    keygen('ed25519', join(scene.dir, 'stranger'));
    const hosts = `hosts:\n  - ${sshdHost({ identity_file: 'stranger' })}\n`;
    scene.write('hosts.yaml', hosts);
    const { status, stdout } = await scene.run('run', 'service-port', 'on', 'web-1', '--json');
    expect(status).toBe(9);
    const { run, hosts: answers } = JSON.parse(stdout);
    expect(run.state).toBe('finished');
    expect(answers[0]).toMatchObject({
      outcome: 'auth_failed',
      detail: expect.stringContaining('check its authorized_keys'),
    });
  });
});

describe('countersign run refuses', () => {
  const HOST = '{ name: web-1, user: deploy, groups: [web] }';

  it.each([
    [
      'an unknown runbook',
      ['time-wiat', 'on', '@web'],
      3,
      'unknown runbook "time-wiat"',
      'Did you mean time-wait?',
      'request/unknown-runbook',
    ],
    [
      'an unknown host',
      ['time-wait', 'on', 'web-9'],
      3,
      'unknown host "web-9"',
      'Did you mean web-1 or @web?',
      'request/unknown-host',
    ],
    [
      'an unknown param',
      ['time-wait', 'on', '@web', 'intervall=5'],
      2,
      'unknown param "intervall"',
      'Did you mean interval?',
      'request/unknown-param',
    ],
    [
      'a wrong type',
      ['time-wait', 'on', '@web', 'interval=ten'],
      2,
      'interval must be a whole number, not "ten"',
      'Time between the two samples that connection rates are computed from. Allowed: integer, 2 to 60 seconds, default 10.',
      'request/invalid-param',
    ],
    [
      'a value out of range',
      ['time-wait', 'on', '@web', 'interval=61'],
      2,
      'interval=61 is out of range',
      'Time between the two samples that connection rates are computed from. Allowed: integer, 2 to 60 seconds, default 10.',
      'request/invalid-param',
    ],
    [
      'no hosts',
      ['time-wait', 'on'],
      2,
      'on which hosts should time-wait run?',
      'Write: run NAME on HOSTS [param=value …], for example run time-wait on @web',
      'request/invalid',
    ],
    [
      'a selector that leaves none',
      ['time-wait', 'on', 'all', '!@web'],
      2,
      '"all !@web" leaves no host',
      'Name hosts, for example @web, web-1.',
      'request/invalid-selector',
    ],
  ])('%s, and nothing is kept', async (_what, args, exit, message, hint, code) => {
    scene = setCliScene({ hosts: [HOST] });
    const { status, stdout, stderr } = await scene.run('run', ...args);
    expect({ status, stdout, stderr }).toEqual({
      status: exit,
      stdout: '',
      stderr: `countersign: ${message}\n  ${hint}\n`,
    });
    const json = await scene.run('run', ...args, '--json');
    expect({ status: json.status, stderr: json.stderr }).toEqual({ status: exit, stderr: '' });
    expect(JSON.parse(json.stdout).error).toMatchObject({ code, message, hint });
    expect((await scene.run('history')).stdout).toMatch(/^No runs yet\. Start one: /);
  });

  it('a Unix user who is not among the people, with status 4', async () => {
    scene = setCliScene({ hosts: [HOST], people: ['{ name: noor, unix: noor, roles: [run] }'] });
    const { status, stderr } = await scene.run('run', 'time-wait', 'on', '@web');
    expect(status).toBe(4);
    expect(stderr).toBe(
      `countersign: the Unix user ${userInfo().username} is not among the configured people\n  Add "unix: ${userInfo().username}" to a person under "people:" in the configuration.\n`,
    );
  });

  it('a person without the role, with status 4', async () => {
    scene = setCliScene({ hosts: [HOST] });
    const { status, stderr } = await scene.runAs('ida', 'run', 'time-wait', 'on', '@web');
    expect(status).toBe(4);
    expect(stderr).toBe('countersign: ida may not run time-wait\n  The role "run" is needed.\n');
  });

  it('a runbook whose file is broken, with status 8 and the place, while the others go on working', async () => {
    scene = setCliScene({ hosts: [HOST], config: ['runbooks: [books]'] });
    scene.write('books/bad.yaml', 'name: bad\ntitle: "x\n');
    const { status, stderr } = await scene.run('run', 'bad', 'on', '@web');
    expect(status).toBe(8);
    expect(stderr).toMatch(/books\/bad\.yaml:3:1 runbook "bad" cannot run: missing closing "quote/);
    expect(stderr).toContain('countersign lint');
    expect(await scene.run('list')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('bad.yaml cannot run'),
    });
  });
});

describe('countersign show and history', () => {
  it.each([
    ['show', '7', 'request/unknown-run', 'there is no run 7'],
    ['approve', '7-1', 'request/unknown-proposal', 'there is no proposal 7-1'],
    ['reject', 'nonsense', 'request/unknown-proposal', 'there is no proposal nonsense'],
    ['undo', '7-1', 'request/unknown-proposal', 'there is no proposal 7-1'],
  ])('%s of an unknown id ends with status 3', async (command, id, code, message) => {
    scene = setCliScene();
    const { status, stdout } = await scene.run(command, id, '--json');
    expect(status).toBe(3);
    expect(JSON.parse(stdout).error).toMatchObject({ code, message });
    expect((await scene.run(command, id)).stderr).toContain(`countersign: ${message}\n`);
  });

  it('history is empty at first, as text and as JSON', async () => {
    scene = setCliScene();
    expect(await scene.run('history')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^No runs yet\./) });
    expect(JSON.parse((await scene.run('history', '--json')).stdout)).toEqual([]);
  });

  it.each([
    [['--since', 'tomorrow'], '"tomorrow" lies in the future'],
    [['--since', 'soon'], '"soon" is not a time'],
    [['@web'], '"@web" names 2 hosts; the history is of one'],
  ])('history %j is refused with status 2', async (args, message) => {
    scene = setCliScene({ hosts: ['{ name: a, user: x, groups: [web] }', '{ name: b, user: x, groups: [web] }'] });
    const { status, stderr } = await scene.run('history', ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(`countersign: ${message}\n`);
  });
});

describe('Ctrl-C during a run', () => {
  let silent: Server;
  const accepted: Socket[] = [];

  afterEach(async () => {
    for (const socket of accepted.splice(0)) socket.destroy();
    silent.close();
    await once(silent, 'close');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '(%s) cancels it, ends with status 9, and the history says so',
    async (signal) => {
      silent = createServer((socket) => accepted.push(socket));
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const address = silent.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      scene = setCliScene({ hosts: [sshdHost({ port, connect_timeout: '10m' })] });
      const { child, ended } = scene.start('run', 'service-port', 'on', 'web-1');
      await once(silent, 'connection');
      child.kill(signal);
      const { status, stdout } = await ended;
      expect(status).toBe(9);
      expect(stdout).toMatch(/^service-port on web-1 · cancelled · .*\n {2}Cancelled by mia\.\n/);
      expect((await scene.run('history')).stdout).toMatch(/ {2}0\/1 hosts {2}cancelled$/m);
      expect(JSON.parse((await scene.run('show', '1', '--json')).stdout).run).toMatchObject({ state: 'cancelled' });
    },
  );
});
