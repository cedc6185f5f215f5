import { copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../src/base/clock.ts';
import { InventoryFile } from '../../src/inventory/schema.ts';
import type { Lab, LabEntry } from '../../src/lab/lab.ts';
import { labDirectory } from '../../src/lab/state.ts';
import { SUDO_RULES } from '../../src/lab/sudoers.ts';
import { startTestLab, testLab, withLab } from '../helpers/lab.ts';
import { ssh } from './ssh-login.ts';
import { NO_TRACES, processesOf, snapshot, survivors, tracesOf } from './traces.ts';

const MACHINE = [
  '/etc/passwd',
  '/etc/group',
  '/etc/shadow',
  '/etc/hosts',
  '/etc/nginx',
  '/etc/sysctl.d',
  '/etc/ssh',
  '/etc/sudoers.d',
];

function named(lab: Lab, name: string): LabEntry {
  const host = lab.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

describe('a lab host', () => {
  const lab = testLab({ webHosts: 1 });

  it('lets the lab user in over ssh with the pinned host key, as itself', async () => {
    const output = await ssh(named(lab(), 'web-1'), 'hostname; id -un; stat -c "%U %a" /var/lib/countersign');
    expect(output).toMatchObject({ code: 0, stdout: 'web-1\ncountersign\ncountersign 700\n' });
  });

  it('is refused by a client that pinned the key of another host', async () => {
    const output = await ssh(named(lab(), 'web-1'), 'true', named(lab(), 'db-1').hostKey);
    expect(output.code).toBe(255);
    expect(output.stderr).toContain('Host key verification failed');
  });

  it('refuses a client without the key of the lab', async () => {
    const output = await ssh({ ...named(lab(), 'web-1'), identityFile: '/nonexistent' }, 'true');
    expect(output.stderr).toContain('Permission denied (publickey)');
  });

  it('grants the documented commands to root and refuses others and other arguments', async () => {
    const web = named(lab(), 'web-1');
    const dump = await ssh(web, 'sudo -n nginx -T');
    expect(dump.code).toBe(0);
    expect(dump.stdout).toContain('# configuration file /etc/nginx/conf.d/app.conf:');
    expect((await ssh(web, 'sudo -n ss -Htlnp')).stdout).toMatch(/127\.0\.0\.1:8081 .*"node"/);
    for (const refused of [
      'cat /etc/shadow',
      'tee /etc/passwd',
      'nginx -s stop',
      'rm -f /etc/sysctl.d/50-tuning.conf',
      'cat /etc/nginx/../shadow',
      'tee /etc/nginx/conf.d/app.conf',
      'tee /etc/nginx/../cron.d/.x.new',
      'mv -f -T /etc/nginx/.x.new /etc/nginx/../cron.d/x',
      'rm -f /etc/nginx/nginx.conf',
      'rm -f /etc/nginx/.x.new /etc/shadow',
      'nginx -s reload -c /tmp/evil.conf',
    ]) {
      const output = await ssh(web, `sudo -n ${refused} </dev/null`);
      expect(output.code, refused).toBe(1);
      expect(output.stderr, refused).toMatch(/^sudo: /);
    }
  });

  it('lets an edit of nginx’s files be prepared beside its target, put in place, tested and loaded', async () => {
    const web = named(lab(), 'web-1');
    const [file, fresh] = ['/etc/nginx/conf.d/app.conf', '/etc/nginx/conf.d/.app.conf.new'];
    const before = (await ssh(web, `stat -c '%U %a' ${file}; cat ${file}`)).stdout;
    const steps = [
      `sudo -n cp -aL ${file} ${fresh}`,
      `sudo -n cat ${file} | sudo -n tee ${fresh} >/dev/null`,
      `sudo -n mv -f -T ${fresh} ${file}`,
      'sudo -n nginx -t -q && sudo -n nginx -s reload',
      `sudo -n rm -f ${fresh}`,
    ];
    const output = await ssh(web, steps.join(' && '));
    expect(output.code, output.stderr).toBe(0);
    expect((await ssh(web, `stat -c '%U %a' ${file}; cat ${file}`)).stdout).toBe(before);
  });

  it('has a place for locks that every login user can write to', async () => {
    const output = await ssh(
      named(lab(), 'web-1'),
      'stat -c "%a %U" /run/lock && touch /run/lock/mine && rm /run/lock/mine',
    );
    expect(output).toMatchObject({ code: 0, stdout: '1777 root\n' });
  });

  it('has a sudoers file that visudo accepts and that lists exactly the documented rules', async () => {
    const check = await lab().exec('web-1', ['visudo', '-c']);
    expect(check).toMatchObject({ code: 0 });
    const listed = (await ssh(named(lab(), 'web-1'), 'sudo -n -l')).stdout;
    expect(listed.match(/NOPASSWD: .*/g)?.map((line) => line.replace('NOPASSWD: ', ''))).toEqual(SUDO_RULES);
  });

  it('keeps a reversible network setting by the documented commands alone', async () => {
    const web = named(lab(), 'web-1');
    const fresh = '/etc/sysctl.d/.60-countersign-net.conf.new';
    const kept = '/etc/sysctl.d/60-countersign-net.conf';
    const line = 'net.ipv4.ip_local_reserved_ports = 8080-8082';
    const written = await ssh(
      web,
      `echo 8080-8082 | sudo -n tee /proc/sys/net/ipv4/ip_local_reserved_ports && echo "${line}" | sudo -n tee ${fresh} && sudo -n mv -f -T ${fresh} ${kept}`,
    );
    expect(written.code).toBe(0);
    expect((await ssh(web, `cat ${kept} /proc/sys/net/ipv4/ip_local_reserved_ports`)).stdout).toBe(
      `${line}\n8080-8082\n`,
    );
    expect((await lab().exec('db-1', ['cat', '/proc/sys/net/ipv4/ip_local_reserved_ports'])).stdout.trim()).toBe('');
    expect(existsSync(kept)).toBe(false);
    expect(
      (await ssh(web, `sudo -n rm -f ${kept}; echo | sudo -n tee /proc/sys/net/ipv4/ip_local_reserved_ports`)).code,
    ).toBe(0);
  });

  it('sees its own processes, name and accounts and not those of the machine', async () => {
    const output = await ssh(named(lab(), 'web-1'), `ls /proc/${process.pid}; ps -o args= -p 1; ls /home`);
    expect(output.stderr).toContain('No such file');
    expect(output.stdout).toMatch(/^sh .*init\.sh/);
    expect(output.stdout).toMatch(/\ncountersign\n$/);
    expect(readFileSync('/etc/passwd', 'utf8')).not.toContain('countersign');
    expect(readFileSync('/proc/sys/kernel/hostname', 'utf8')).not.toBe('web-1\n');
  });

  it('writes no error and no warning into the nginx log when it starts', async () => {
    expect((await ssh(named(lab(), 'web-1'), 'sudo -n tail -n 2000 /var/log/nginx/error.log')).stdout).toBe('');
  });

  it('is described by an inventory that the bot reads', () => {
    const file = InventoryFile.parse(parse(lab().inventoryYaml()));
    expect(file.hosts.map(({ name, groups, sudo }) => ({ name, groups, sudo }))).toEqual([
      { name: 'web-1', groups: ['web'], sudo: 'passwordless' },
      { name: 'db-1', groups: ['db'], sudo: 'passwordless' },
    ]);
    expect(file.hosts[0]?.host_key).toBe(named(lab(), 'web-1').hostKey);
  });

  it('tells what it is doing', async () => {
    const status = await lab().status();
    expect(status).toMatchObject({ id: lab().id, detached: false, load: undefined });
    expect(status.hosts.map(({ name, running, faults }) => ({ name, running, faults }))).toEqual([
      { name: 'web-1', running: true, faults: [] },
      { name: 'db-1', running: true, faults: [] },
    ]);
    expect(status.hosts[0]?.services.every(({ listening }) => listening)).toBe(true);
  });
});

describe('labs on one machine', () => {
  it('stand side by side without a common network, name or process', async () => {
    const [one, other] = await Promise.all([startTestLab(), startTestLab()]);
    await using _one = one;
    await using _other = other;
    expect(one.id).not.toBe(other.id);
    expect(named(one, 'web-1').address).not.toBe(named(other, 'web-1').address);
    const [first, second] = await Promise.all([one, other].map((lab) => ssh(named(lab, 'web-1'), 'cat /etc/hosts')));
    expect(first?.stdout).toContain(named(one, 'web-1').address);
    expect(second?.stdout).toContain(named(other, 'web-1').address);
    await one.down();
    expect((await ssh(named(other, 'web-1'), 'true')).code).toBe(0);
  });

  it('leave no namespace, link, process, mount or file behind when taken down with faults and load on', async () => {
    const lab = await startTestLab();
    const processes = await withFaultsAndLoad(lab);
    expect(survivors(processes).length).toBeGreaterThan(8);
    expect(await tracesOf(lab)).not.toEqual(NO_TRACES);
    await lab.down();
    expect(survivors(processes)).toEqual([]);
    expect(await tracesOf(lab)).toEqual(NO_TRACES);
    await lab.down();
  });

  it('leave nothing behind when they fail in the middle of the start', async () => {
    let failed = false;
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => {
        if (failed) return systemClock.sleep(ms, signal);
        failed = true;
        return Promise.reject(new Error('the start was disturbed'));
      },
    };
    const id = `f${process.pid % 1_000_000}`;
    await expect(startTestLab({ id, clock })).rejects.toThrow('the start was disturbed');
    expect(await tracesOf({ id, directory: labDirectory(tmpdir(), id) })).toEqual(NO_TRACES);
  });

  it('never alter the accounts and the configuration of the machine', async () => {
    const before = snapshot(MACHINE);
    await withLab({}, async (lab) => {
      await withFaultsAndLoad(lab);
      await lab.exec('web-1', [
        'sh',
        '-c',
        'echo x >/etc/nginx/x; echo x >>/etc/passwd; echo x >/etc/sysctl.d/x; rm -r /etc/ssh/*',
      ]);
    });
    expect(snapshot(MACHINE)).toBe(before);
  });

  it('keep their accounts when the machine replaces its own files by rename', async () => {
    await withLab({}, async (lab) => {
      // An identical copy, put in place as groupadd(8) does.
      copyFileSync('/etc/group', '/etc/group.countersign-test');
      renameSync('/etc/group.countersign-test', '/etc/group');
      expect((await lab.exec('web-1', ['grep', '-c', '^countersign:', '/etc/group'])).stdout).toBe('1\n');
    });
  });

  it('say which id or size they cannot have', async () => {
    await expect(startTestLab({ id: 'Too_Long_Id' })).rejects.toMatchObject({ code: 'request/invalid' });
    await expect(startTestLab({ webHosts: 0 })).rejects.toMatchObject({ code: 'request/invalid' });
  });
});

async function withFaultsAndLoad(lab: Lab) {
  await lab.load({ ratePerHost: 20 });
  await lab.fault('no-upstream-keepalive', 'all', 'on');
  await lab.fault('service-port-taken', 'all', 'on');
  await lab.fault('slow-host', 'all', 'on');
  await lab.fault('host-down', ['db-1'], 'on');
  return processesOf(lab);
}
