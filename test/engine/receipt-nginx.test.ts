import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import { createReceiptHost, editAction, newAttempt, type ReceiptHost, SHELLS } from '../helpers/receipt-host.ts';

const NGINX = '/usr/sbin/nginx';
const SITE = 'server {\n  listen 127.0.0.1:18080;\n  return 200 "old";\n}\n';

describe.each(SHELLS)('nginx under a receipt kept by %s', (shell) => {
  let receipts: ReceiptHost;
  let site: string;
  let conf: string;
  let pid: number;

  beforeEach(async () => {
    receipts = await createReceiptHost(shell);
    site = join(receipts.etc, 'site.conf');
    conf = join(receipts.etc, 'nginx.conf');
    mkdirSync(join(receipts.host.dir, 'logs'));
    writeFileSync(site, SITE);
    writeFileSync(
      conf,
      `pid ${receipts.host.dir}/nginx.pid;\nerror_log /var/log/nginx/error.log;\nworker_processes 2;\nevents {}\nhttp {\n  access_log off;\n  include ${site};\n}\n`,
    );
    await start();
  });
  afterEach(async () => {
    await stop();
    await receipts[Symbol.asyncDispose]();
  });

  const start = async (): Promise<void> => {
    const { exitCode, stderr } = await receipts.host.run([NGINX, '-c', conf]);
    if (exitCode !== 0) throw new Error(`nginx did not start: ${stderr}`);
    pid = Number(readFileSync(join(receipts.host.dir, 'nginx.pid'), 'utf8'));
  };
  const lives = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const stop = async (): Promise<void> => {
    if (!lives()) return;
    process.kill(pid, 'SIGTERM');
    await expect.poll(lives, { timeout: 10_000 }).toBe(false);
  };
  const reload: () => ChangeAction = () => ({ kind: 'nginx', binary: NGINX, conf, prefix: null });
  /** Replaces the answer `old` by other text, and lets nginx load it. */
  const answering = (insert: string): ChangeAction[] => [
    editAction(site, [{ at: SITE.indexOf('return 200 "old"'), remove: 'return 200 "old"'.length, insert }]),
    reload(),
  ];
  const served = async () => (await receipts.sh('curl -s --max-time 5 http://127.0.0.1:18080/')).trim();
  const asked = (what: string) => receipts.host.sudoRan().filter((line) => line.startsWith(`${NGINX} ${what}`));
  const text = () => readFileSync(site, 'utf8');

  test('loads an edit, and loads the old file again when it is undone; its master stays', async () => {
    const id = newAttempt();
    const actions = answering('return 200 "new"');
    const given = await receipts.apply(id, actions);
    expect(given).toMatchObject({ state: 'done', output: expect.stringContaining('nginx reloaded') });
    expect([await served(), lives()]).toEqual(['new', true]);
    expect(asked('')).toEqual([`${NGINX} -t -q -c ${conf}`, `${NGINX} -s reload -c ${conf}`]);
    expect(await receipts.undo(id, actions)).toMatchObject({ state: 'done' });
    expect([await served(), text(), lives()]).toEqual(['old', SITE, true]);
    expect(await receipts.undo(id, actions, 2)).toMatchObject({ state: 'done' });
    expect(asked('-s')).toHaveLength(2);
  });

  test("is not reloaded when its own test fails: the file is restored, and the message is nginx's", async () => {
    const given = await receipts.apply(newAttempt(), answering('keepalive 32'));
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(
      /test of nginx's configuration failed: [\s\S]*"keepalive" directive is not allowed here[\s\S]*everything was restored$/,
    );
    expect([await served(), text(), asked('-s')]).toEqual(['old', SITE, []]);
  });

  test('gets the old file back when the reload fails on a port that is taken, which its test does not see', async () => {
    const holder = receipts.host.spawn([
      process.execPath,
      '-e',
      "require('net').createServer().listen(18081, '127.0.0.1', () => console.log('ready'))",
    ]);
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
    const given = await receipts.apply(newAttempt(), answering('listen 127.0.0.1:18081;\n  return 200 "new"'));
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(
      /no new worker within 10 s[\s\S]*\[emerg\].*bind\(\) to 127\.0\.0\.1:18081 failed[\s\S]*everything was restored$/,
    );
    expect([await served(), text(), asked('-s').length, lives()]).toEqual(['old', SITE, 2, true]);
  }, 40_000);

  test('gets the old file back when sudo refuses the reload, and has never seen the new one', async () => {
    receipts.host.refuse(`${NGINX} -s reload*`);
    const given = await receipts.apply(newAttempt(), answering('return 200 "new"'));
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(
      /could not be told to reload: sudo: a password is required[\s\S]*everything was restored$/,
    );
    expect([await served(), text()]).toEqual(['old', SITE]);
  });

  test('may still run the new file when it was reloaded and then cannot be told again, and the message says so', async () => {
    const second = join(receipts.etc, 'second.conf');
    writeFileSync(second, 'old\n');
    receipts.host.refuse(`mv*second*`);
    const sudo = join(receipts.host.dir, 'bin/sudo');
    const script = readFileSync(sudo, 'utf8');
    // From its first refusal on sudo also refuses the reload, as when its rights are withdrawn in the middle.
    writeFileSync(sudo, script.replace('echo "sudo: a', `printf '*-s reload*' >"$here/refused"; echo "sudo: a`));
    const [edit, load] = answering('return 200 "new"');
    const last = editAction(second, [{ at: 0, remove: 0, insert: '# ' }]);
    const given = await receipts.apply(newAttempt(), edit && load ? [edit, load, last] : []);
    expect(given).toMatchObject({ state: 'unrestored' });
    expect(given.output).toMatch(/the files were restored, but nginx could not be made to load them$/);
    expect([await served(), text()]).toEqual(['new', SITE]);
  });

  test('is reloaded with the old file by the guard when nobody confirms', async () => {
    const id = newAttempt();
    await receipts.apply(id, answering('return 200 "new"'), 1);
    await expect.poll(() => receipts.said(id, 'guard'), { timeout: 15_000 }).toBe('reverted');
    expect([await served(), text()]).toEqual(['old', SITE]);
  });

  test('has to run with the configuration that the plan names, or nothing is changed', async () => {
    await stop();
    const given = await receipts.apply(newAttempt(), answering('return 200 "new"'));
    expect(given).toMatchObject({ state: 'drifted' });
    expect(given.output).toMatch(/no nginx runs here with this configuration; nothing was changed$/);
    expect([text(), receipts.host.sudoRan()]).toEqual([SITE, []]);
  });

  test('need not run for its files to be restored', async () => {
    const id = newAttempt();
    const actions = answering('return 200 "new"');
    await receipts.apply(id, actions);
    await stop();
    const given = await receipts.undo(id, actions);
    expect(given).toMatchObject({ state: 'done', output: expect.stringContaining('nginx does not run') });
    expect(text()).toBe(SITE);
  });

  test('is not reloaded by an undo into a configuration that another file has broken since', async () => {
    const id = newAttempt();
    const actions = answering('return 200 "new"');
    await receipts.apply(id, actions);
    writeFileSync(conf, `${readFileSync(conf, 'utf8')}broken;\n`);
    const given = await receipts.undo(id, actions);
    expect(given).toMatchObject({ state: 'unrestored' });
    expect(given.output).toMatch(
      /unknown directive "broken"[\s\S]*the files were restored, but nginx could not be made to load them/,
    );
    expect([await served(), text()]).toEqual(['new', SITE]);
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('broken;\n', ''));
    expect(await receipts.undo(id, actions, 2)).toMatchObject({ state: 'done' });
    expect(await served()).toBe('old');
  });

  test('loads the old file when an undo finds it restored, but not loaded', async () => {
    const id = newAttempt();
    const actions = answering('return 200 "new"');
    await receipts.apply(id, actions);
    writeFileSync(site, SITE);
    expect(await receipts.undo(id, actions)).toMatchObject({ state: 'done' });
    expect(await served()).toBe('old');
  });

  test('is told by its prefix, too', async () => {
    await stop();
    const { exitCode } = await receipts.host.run([NGINX, '-p', `${receipts.host.dir}/`, '-c', 'etc/nginx.conf']);
    expect(exitCode).toBe(0);
    pid = Number(readFileSync(join(receipts.host.dir, 'nginx.pid'), 'utf8'));
    const [edit] = answering('return 200 "new"');
    const action: ChangeAction = {
      kind: 'nginx',
      binary: NGINX,
      conf: 'etc/nginx.conf',
      prefix: `${receipts.host.dir}/`,
    };
    expect(await receipts.apply(newAttempt(), edit ? [edit, { ...action, prefix: null }] : [])).toMatchObject({
      state: 'drifted',
    });
    expect(await receipts.apply(newAttempt(), edit ? [edit, action] : [])).toMatchObject({ state: 'done' });
    expect(await served()).toBe('new');
  });
});
