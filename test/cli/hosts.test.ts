import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CliScene, setCliScene } from '../helpers/cli.ts';
import { freePort, startSshd, type TestSshd } from '../helpers/sshd.ts';

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

/** A host of the inventory that is the test's sshd, known by the scene's own known_hosts. */
function sshdHost(differences: Readonly<Record<string, string | number>> = {}): string {
  const { port, identityFile } = sshd;
  const user = userInfo().username;
  const host = {
    name: 'web-1',
    address: '127.0.0.1',
    port,
    user,
    identity_file: identityFile,
    known_hosts: 'known_hosts',
  };
  return JSON.stringify({ ...host, sudo: 'passwordless', groups: ['web'], ...differences });
}

function fingerprintIn(text: string): string {
  return /SHA256:[A-Za-z0-9+/]{43}/.exec(text)?.[0] ?? '';
}

describe('countersign hosts', () => {
  it('lists hosts, with and without the word "list"', async () => {
    scene = setCliScene({
      hosts: [sshdHost(), sshdHost({ name: 'db-1', port: 22, groups: '' }).replace('"groups":""', '"groups":[]')],
    });
    const all = await scene.run('hosts');
    expect(all.stdout).toMatch(/^web-1 {2}\S+@127\.0\.0\.1:\d+ {2}@web\ndb-1 {2}\S+@127\.0\.0\.1:22\n$/);
    expect((await scene.run('hosts', 'list')).stdout).toBe(all.stdout);
    expect((await scene.run('hosts', '@web')).stdout).toBe(all.stdout.split('\n')[0]?.concat('\n'));
    expect(JSON.parse((await scene.run('hosts', '@web', '--json')).stdout)).toMatchObject([{ name: 'web-1' }]);
    expect(await scene.run('hosts', 'wbe-1')).toMatchObject({ status: 3, stderr: expect.stringContaining('web-1') });
  });
});

describe('countersign hosts check and trust', () => {
  it('lead a new host from an unknown key to a run', async () => {
    scene = setCliScene({ hosts: [sshdHost()] });
    const unknown = await scene.run('hosts', 'check', '@web');
    expect(unknown.status).toBe(11);
    expect(unknown.stdout).toMatch(/^hosts @web · 0 of 1 host ready · \S+ s\nFAILED {3}web-1\n/);
    expect(unknown.stdout).toContain('`countersign hosts trust web-1`');
    expect(unknown.stdout).toContain('not looked at: login, sudo, tools, nginx and clock');
    expect((await scene.run('run', 'service-port', 'on', 'web-1')).stdout).toContain('`countersign hosts trust web-1`');

    const asked = await scene.run('hosts', 'trust', 'web-1');
    expect(asked).toMatchObject({ status: 2, stdout: '' });
    expect(asked.stderr).toContain('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    expect(asked.stderr).toContain('give --fingerprint SHA256:…');
    expect(() => readFileSync(join(scene.dir, 'known_hosts'))).toThrow();

    const fingerprint = fingerprintIn(asked.stderr);
    const added = await scene.run('hosts', 'trust', 'web-1', '--fingerprint', fingerprint);
    expect(added).toMatchObject({ status: 0, stderr: '' });
    expect(added.stdout).toBe(
      `web-1: the ssh-ed25519 key ${fingerprint} is trusted from now on, in ${join(scene.dir, 'known_hosts')}.\n`,
    );
    const again = await scene.run('hosts', 'trust', 'web-1', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject([{ host: 'web-1', state: 'already trusted', fingerprint }]);

    const checked = await scene.run('hosts', 'check', '@web');
    expect(checked.stdout).toContain(`host key   It is the key in known_hosts: ssh-ed25519 ${fingerprint}`);
    expect(checked.stdout).toMatch(/sudo {7}sudo allows what the runbooks need: \d+ of \d+ rights/);
    const { status, stdout } = await scene.run('hosts', 'check', '--json');
    const [host] = JSON.parse(stdout).hosts;
    expect(status).toBe(host.state === 'failed' ? 11 : 0);
    expect(host.checks.slice(0, 4)).toMatchObject([{ state: 'ok' }, { state: 'ok' }, { state: 'ok' }, { state: 'ok' }]);
  });

  it('put hosts with problems first and count them', async () => {
    const away = sshdHost({ name: 'web-2', port: await freePort() });
    scene = setCliScene({ hosts: [sshdHost({ host_key: sshd.publicKey('ed25519') }), away] });
    const { status, stdout } = await scene.run('hosts', 'check');
    expect(status).toBe(11);
    expect(stdout).toMatch(/^hosts all · 1 of 2 hosts ready/);
    expect(stdout.indexOf('FAILED   web-2')).toBeLessThan(stdout.search(/(?:READY|WARNING) +web-1/));
    expect(stdout).toContain('FAILED   reachable  It cannot be reached: web-2 (127.0.0.1 port');
    expect(await scene.run('hosts', 'trust', 'web-2')).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('refused the connection'),
    });
    expect(await scene.run('hosts', 'trust', 'web-1')).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('pinned in the inventory'),
    });
  });

  it('refuse another key than the known one, and a fingerprint that is not shown', async () => {
    await using other = await startSshd();
    scene = setCliScene({ hosts: [sshdHost()] });
    mkdirSync(scene.dir, { recursive: true });
    const known = `# mine\n[127.0.0.1]:${sshd.port} ${other.publicKey('ed25519')}\n`;
    const file = join(scene.dir, 'known_hosts');
    writeFileSync(file, known);
    const refused = await scene.run('hosts', 'trust', 'web-1');
    expect(refused).toMatchObject({ status: 5, stdout: '' });
    expect(refused.stderr).toContain(`${file}:2 knows the ssh-ed25519 key`);
    expect(refused.stderr).toContain(`ssh-keygen -R '[127.0.0.1]:${sshd.port}' -f ${file}`);
    expect(readFileSync(file, 'utf8')).toBe(known);

    writeFileSync(file, '');
    const wrong = `SHA256:${'A'.repeat(43)}`;
    const differing = await scene.run('hosts', 'trust', 'web-1', '--fingerprint', wrong);
    expect(differing).toMatchObject({
      status: 5,
      stderr: expect.stringContaining(`not ${wrong}; nothing was trusted`),
    });
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(await scene.run('hosts', 'trust', 'web-1', '--fingerprint', 'MD5:00')).toMatchObject({ status: 2 });
  });
});
