import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyCommand, parseReceipt, undoCommand, undoReceipt } from '../../src/engine/receipt.ts';
import {
  fileRights,
  nginxRights,
  PACKAGED_NGINX,
  receiptRights,
  sysctlRight,
} from '../../src/engine/receipt-rights.ts';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import { createPrivateHost, type PrivateHost } from '../helpers/private-host.ts';
import { newAttempt } from '../helpers/receipt-host.ts';

const DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';
const RIGHTS = receiptRights({
  sysctls: ['net.ipv4.ip_local_reserved_ports', 'net.ipv4.ip_local_port_range'],
  files: [DROP_IN],
  nginx: [PACKAGED_NGINX, { binary: '/opt/nginx/sbin/nginx', conf: '/opt/nginx/a=b,c:d.conf', prefix: '/opt/nginx/' }],
});
const SUDOERS = `${RIGHTS.map((right) => `nobody ALL=(root) NOPASSWD: ${right}`).join('\n')}\n`;

describe('the rights that receipts need', () => {
  let host: PrivateHost;
  beforeAll(async () => {
    host = await createPrivateHost();
    chmodSync(host.dir, 0o755);
    mkdirSync(join(host.dir, 'sudoers.d'));
    writeFileSync(join(host.dir, 'sudoers.d/countersign'), SUDOERS, { mode: 0o440 });
    const ran = await host.run(['mount', '--bind', join(host.dir, 'sudoers.d'), '/etc/sudoers.d']);
    expect(ran).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => host[Symbol.asyncDispose]());

  /** Whether the real sudo would let the login user run this. */
  const allowed = async (...argv: readonly string[]) => {
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '/usr/bin/sudo', '-n', '-l'];
    const ran = await host.run([...asNobody, ...argv]);
    return ran.exitCode === 0;
  };

  test('are valid sudoers', async () => {
    const file = join(host.dir, 'checked');
    writeFileSync(file, SUDOERS, { mode: 0o440 });
    expect(await host.run(['/usr/sbin/visudo', '-c', '-s', '-f', file])).toMatchObject({ exitCode: 0 });
    writeFileSync(file, SUDOERS.replace('(root)', '(root'));
    expect(await host.run(['/usr/sbin/visudo', '-c', '-f', file])).toMatchObject({ exitCode: 1 });
  });

  test.each([
    ['tee', '/proc/sys/net/ipv4/ip_local_reserved_ports'],
    ['tee', '/etc/sysctl.d/.60-countersign-net.conf.new'],
    ['cp', '-aL', DROP_IN, '/etc/sysctl.d/.60-countersign-net.conf.new'],
    ['mv', '-f', '-T', '/etc/sysctl.d/.60-countersign-net.conf.new', DROP_IN],
    ['rm', '-f', DROP_IN],
    ['cat', '/etc/nginx/conf.d/app.conf'],
    ['cat', '/etc/nginx/sites-available/default'],
    ['cp', '-aL', '/etc/nginx/nginx.conf', '/etc/nginx/.nginx.conf.new'],
    ['cp', '-aL', '/etc/nginx/proxy_params', '/etc/nginx/.proxy_params.new'],
    ['tee', '/etc/nginx/.nginx.conf.new'],
    ['tee', '/etc/nginx/conf.d/sub-dir/.my_app.example.org.conf.new'],
    ['mv', '-f', '-T', '/etc/nginx/sites-available/.default.new', '/etc/nginx/sites-available/default'],
    ['rm', '-f', '/etc/nginx/sites-available/.default.new'],
    ['/usr/sbin/nginx', '-t', '-q'],
    ['/usr/sbin/nginx', '-s', 'reload'],
    ['tail', '-n', '2000', '/var/log/nginx/error.log'],
  ])('allow %s %s %s %s %s', async (...argv) => {
    expect(await allowed(...argv)).toBe(true);
  });

  test.each([
    ['tee', '/etc/nginx/../shadow'],
    ['tee', '/etc/nginx/conf.d/../../.shadow.new'],
    ['tee', '/etc/nginx/../.shadow.new'],
    ['tee', '/etc/nginx/./.a.new'],
    ['tee', '/etc/nginx/.git/.a.new'],
    ['tee', '/etc/nginx//.a.new'],
    ['tee', '/etc/nginx/nginx.conf'],
    ['tee', '/etc/nginx/.a.new', '/etc/shadow'],
    ['tee', '-a', '/etc/nginx/.a.new'],
    ['tee', '/etc/nginx/.a.new\n/etc/shadow'],
    ['tee', '/etc/nginx/..new'],
    ['tee', '/etc/nginx/..a.new'],
    ['tee', '/etc/shadow'],
    ['tee', '/proc/sys/net/ipv4/ip_local_reserved_ports', '/etc/shadow'],
    ['tee', '/proc/sys/kernel/core_pattern'],
    ['mv', '-f', '-T', '/etc/nginx/ssl/.a.new', '/etc/nginx/ssl/server.key'],
    ['mv', '-f', '-T', '/etc/nginx/.a.new', '/etc/nginx/modules/ngx_http_echo_module.so'],
    ['mv', '-f', '-T', '/etc/nginx/.a.new', '/etc/sudoers.d/a'],
    ['mv', '-f', '-T', '/etc/nginx/.a.new', '/etc/nginx/../cron.d/a.conf'],
    ['mv', '-f', '-T', '/etc/shadow', '/etc/nginx/a.conf'],
    ['mv', '-f', '-T', '/tmp/.a.new', '/etc/nginx/a.conf'],
    ['mv', '/etc/nginx/.a.new', '/etc/nginx/a.conf'],
    ['cp', '-aL', '/etc/shadow', '/etc/nginx/.shadow.new'],
    ['cp', '-aL', '/etc/nginx/ssl/server.key', '/etc/nginx/.a.new'],
    ['cp', '-aL', '/etc/nginx/ssl', '/etc/nginx/.a.new'],
    ['cp', '-a', '/etc/nginx/a.conf', '/etc/nginx/.a.conf.new'],
    ['cp', '-aL', '/etc/nginx/a.conf', '/etc/nginx/a.conf'],
    ['cp', '-aL', '/etc/nginx/a.conf', '/etc/nginx/b.conf', '/etc/nginx/.c.conf.new'],
    ['rm', '-f', '/etc/nginx/nginx.conf'],
    ['rm', '-rf', '/etc/nginx/.a.new'],
    ['rm', '-f', '/etc/nginx/.a.new', '/etc/passwd'],
    ['cat', '/etc/shadow'],
    ['cat', '/etc/nginx/ssl/server.key'],
    ['cat', '/etc/nginx/conf.d/../../shadow.conf'],
    ['/usr/sbin/nginx', '-c', '/tmp/evil.conf'],
    ['/usr/sbin/nginx', '-t', '-q', '-c', '/tmp/evil.conf'],
    ['/usr/sbin/nginx', '-s', 'stop'],
    ['/usr/sbin/nginx'],
    ['sh', '-c', 'id'],
  ])('refuse %s %s %s %s %s', async (...argv) => {
    expect(await allowed(...argv)).toBe(false);
  });

  test('let nobody read a key under another name, nor write through a link that leads out of /etc/nginx', async () => {
    const asRoot = (script: string) => host.run(['sh', '-ec', script, 'sh', host.dir]);
    await asRoot(`mount -t tmpfs -o mode=755 none /etc/nginx; mkdir /etc/nginx/ssl /etc/nginx/modules-enabled
      (umask 077; echo key >/etc/nginx/ssl/server.key); echo theirs >"$1/linked"
      ln -s "$1/linked" /etc/nginx/modules-enabled/50-mod.conf`);
    const asNobody = (script: string) =>
      host.run(
        ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', `cd /etc/nginx; ${script}`],
        { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      );
    const key = await asNobody(`for how in -a -aL; do
      for from in ssl ssl/server.key; do
        sudo -n cp $how /etc/nginx/$from /etc/nginx/.a.new; sudo -n mv -f -T /etc/nginx/.a.new /etc/nginx/a.conf
        sudo -n cat /etc/nginx/a.conf; sudo -n cat /etc/nginx/a.conf/server.key
      done; done`);
    expect(key.stdout).toBe('');
    const link = 'modules-enabled/50-mod.conf';
    const written = await asNobody(`for how in -a -aL; do
      sudo -n cp $how /etc/nginx/${link} /etc/nginx/modules-enabled/.a.new
      echo mine | sudo -n tee /etc/nginx/modules-enabled/.a.new
      done`);
    expect(written.stdout).toContain('mine');
    expect((await asRoot(`cat "$1/linked"; umount /etc/nginx`)).stdout).toBe('theirs\n');
  });

  test('suffice a login user for a whole attempt on settings, files and nginx, and for its undo', async () => {
    const sh = (script: string) => host.run(['sh', '-ec', script, 'sh', host.dir]);
    const prepared = await sh(`mkdir "$1/nobody"; chown 65534:65534 "$1/nobody"
      mount -t tmpfs -o mode=755 none /etc/nginx; mkdir /etc/nginx/conf.d
      printf 'pid %s/nginx.pid;\\nerror_log /var/log/nginx/error.log;\\nevents {}\\nhttp { include conf.d/*.conf; }\\n' "$1" >/etc/nginx/nginx.conf
      printf 'server { listen 127.0.0.1:18080; return 200 old; }\\n' >/etc/nginx/conf.d/app.conf
      chmod 600 /etc/nginx/conf.d/app.conf
      /usr/sbin/nginx; cat "$1/nginx.pid"`);
    const master = Number(prepared.stdout);
    expect(master).toBeGreaterThan(0);
    try {
      const text = (await sh('cat /etc/nginx/conf.d/app.conf')).stdout;
      const sha256 = createHash('sha256').update(text).digest('hex');
      const path = '/etc/nginx/conf.d/app.conf';
      const splices = [{ at: text.indexOf('old'), remove: 3, insert: 'new' }];
      const actions: ChangeAction[] = [
        { kind: 'sysctl', key: 'net.ipv4.ip_local_reserved_ports', before: '', after: '8081' },
        { kind: 'file', path: DROP_IN, before: null, after: 'a\n' },
        { kind: 'edit', path, sha256, splices, shown: [] },
        { kind: 'nginx', ...PACKAGED_NGINX },
      ];
      const asNobody = (argv: readonly string[]) =>
        host.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...argv], {
          HOME: join(host.dir, 'nobody'),
          PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        });
      const now = async () =>
        (
          await sh(
            'curl -s http://127.0.0.1:18080/; cat /proc/sys/net/ipv4/ip_local_reserved_ports; ls -A /etc/sysctl.d /etc/nginx/conf.d; stat -c "%a %U" /etc/nginx/conf.d/app.conf',
          )
        ).stdout;
      const before = await now();
      const id = newAttempt();
      const applied = await asNobody(applyCommand(id, actions, { confirmWithinSeconds: 0 }).argv);
      expect(parseReceipt(applied.stdout)).toMatchObject({ state: 'done' });
      expect(await now()).toBe(
        'new8081\n/etc/nginx/conf.d:\napp.conf\n\n/etc/sysctl.d:\n60-countersign-net.conf\n600 root\n',
      );
      const undone = await asNobody(undoCommand(undoReceipt(id, 1), actions, { wasApplied: true }).argv);
      expect(parseReceipt(undone.stdout)).toMatchObject({ state: 'done' });
      expect(await now()).toBe(before);
    } finally {
      process.kill(master, 'SIGTERM');
    }
  });

  test('name options and odd characters exactly', () => {
    expect(nginxRights({ binary: '/opt/nginx', conf: '/etc/a,b.conf', prefix: '/srv/' })).toEqual([
      '/opt/nginx -t -q -c /etc/a\\,b.conf -p /srv/',
      '/opt/nginx -s reload -c /etc/a\\,b.conf -p /srv/',
      '/usr/bin/tail -n 2000 /var/log/nginx/error.log',
    ]);
    expect(sysctlRight('net.ipv4.tcp_tw_reuse')).toBe('/usr/bin/tee /proc/sys/net/ipv4/tcp_tw_reuse');
    expect(receiptRights({ sysctls: [], files: [], nginx: [] })).toEqual([]);
  });

  test.each(['/etc/a b', '/etc/../shadow', 'relative', '/etc/*', '/etc/a\nb', '/etc/a\\b', '^/x$'])(
    'cannot be written down for %j',
    (path) => {
      expect(() => fileRights(path)).toThrow('cannot be named in sudoers');
    },
  );
});
