import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Parsed, Probe } from '../../src/probes/probe.ts';
import { type FactTypes, type ProbeId, probeById } from '../../src/probes/registry.ts';
import { createFakeTools } from '../helpers/fake-tools.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../helpers/network-namespace.ts';
import { type RealNginx, startNginx } from '../helpers/nginx.ts';

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

const FILES = {
  'nginx.conf':
    'user root; worker_processes 2; pid @/nginx.pid; error_log @/error.log;\nevents {}\nhttp { access_log off; include conf.d/*.conf; }\n',
  'conf.d/app.conf':
    'upstream app {\n  server 127.0.0.1:8080;\n}\nserver { listen 127.0.0.1:8088; location / { proxy_pass http://app; } }\n',
};

function namespace(): NetworkNamespace {
  const made = createNetworkNamespace();
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

async function nginx(host: NetworkNamespace, files: Readonly<Record<string, string>> = FILES): Promise<RealNginx> {
  const started = await startNginx(host, files);
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started;
}

interface Asking {
  readonly as?: readonly string[];
  readonly sudo?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

function parse<Id extends ProbeId>(
  host: NetworkNamespace,
  id: Id,
  { as = [], sudo = false, environment = {} }: Asking = {},
): Parsed<FactTypes[Id]> {
  const probe: Probe<Id, FactTypes[Id]> = probeById(id);
  const ran = host.run([...as, ...probe.command({ sudo, intervalSeconds: 1 }).argv], environment);
  return probe.parse({ ...ran, droppedBytes: 0 });
}

function ask<Id extends ProbeId>(host: NetworkNamespace, id: Id, asking: Asking = {}): FactTypes[Id] {
  const parsed = parse(host, id, asking);
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

/** A ps that shows one nginx and its workers: without root the namespaces of others on this machine are not known. */
function psOf(master: number): string {
  return `/usr/bin/ps "$@" | awk -v p=${master} '$1==p||$2==p'`;
}

/** A process of another user that calls itself an nginx master. */
async function impostor(host: NetworkNamespace, title: string): Promise<number> {
  const child = spawn(
    'ip',
    ['netns', 'exec', host.name, ...NOBODY, 'bash', '-c', 'echo ready; exec -a "$1" sleep 600', 'bash', title],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  await once(child.stdout, 'data');
  const shown = () => host.run(['ps', '-o', 'args=', '-p', String(child.pid)]).stdout.startsWith(title);
  while (!shown()) await delay(20);
  return child.pid ?? 0;
}

describe('the nginx probes on a real nginx', () => {
  it('tell the master with its binary, version, configuration and workers', async () => {
    const host = namespace();
    const { pid, folder } = await nginx(host);
    expect(ask(host, 'nginx-process').masters).toMatchObject([
      {
        pid,
        configPath: join(folder, 'nginx.conf'),
        prefix: null,
        binary: '/usr/sbin/nginx',
        binaryReplaced: false,
        version: { flavor: 'nginx' },
        workers: 2,
      },
    ]);
  });

  it('tell the same where ps has no -o, as with a small BusyBox', async () => {
    const host = namespace();
    await nginx(host);
    using tools = createFakeTools([], { ps: 'exit 1' });
    const environment = { PATH: `${tools.path}:${process.env['PATH']}:/usr/sbin` };
    expect(ask(host, 'nginx-process', { environment })).toEqual(ask(host, 'nginx-process'));
  });

  it('do not take a worker for a master that bears its title for a moment yet', async () => {
    const host = namespace();
    const { pid, folder } = await nginx(host);
    const once = join(folder, 'listed');
    const ps = `${psOf(pid)} | { [ -e ${once} ] && cat || { : >${once}; sed 's/worker process/master process nginx/'; }; }`;
    using tools = createFakeTools([], { ps });
    const environment = { PATH: `${tools.path}:${process.env['PATH']}:/usr/sbin` };
    expect(ask(host, 'nginx-process', { environment }).masters).toMatchObject([{ pid, workers: 2 }]);
  });

  it('tell both masters while the binary is upgraded', async () => {
    const host = namespace();
    const { pid, folder } = await nginx(host);
    process.kill(pid, 'SIGUSR2');
    const next = await vi.waitFor(() => {
      expect(existsSync(join(folder, 'nginx.pid.oldbin'))).toBe(true);
      return Number(readFileSync(join(folder, 'nginx.pid'), 'utf8'));
    });
    onTestFinished(async () => {
      process.kill(next, 'SIGTERM');
      await vi.waitFor(() => expect(existsSync(`/proc/${next}`)).toBe(false));
    });
    const { masters } = ask(host, 'nginx-process');
    expect(masters.map((master) => master.pid)).toEqual([pid, next].sort((a, b) => a - b));
  });

  it('read its configuration over includes', async () => {
    const host = namespace();
    const { folder } = await nginx(host);
    const config = ask(host, 'nginx-config');
    expect(config.files.map(({ path }) => path)).toEqual([join(folder, 'nginx.conf'), join(folder, 'conf.d/app.conf')]);
    expect(config.upstreams).toMatchObject([{ name: 'app', file: join(folder, 'conf.d/app.conf'), line: 1 }]);
    expect(config.proxies).toMatchObject([{ upstream: 'app', line: 4 }]);
  });

  it('read the configuration of every master, but not of one in another namespace', async () => {
    const host = namespace();
    const neighbour = namespace();
    const files = { 'nginx.conf': FILES['nginx.conf'], 'conf.d/other.conf': 'server { listen 127.0.0.1:8080; }\n' };
    await nginx(host);
    await nginx(neighbour, { ...files, 'conf.d/other.conf': 'server { listen 127.0.0.1:7777; }\n' });
    expect(ask(host, 'nginx-config').listens.map(({ port }) => port)).toEqual([8088]);
    await nginx(host, files);
    expect(
      ask(host, 'nginx-config')
        .listens.map(({ port }) => port)
        .sort(),
    ).toEqual([8080, 8088]);
  });

  it('see a file that changed after the workers started, and a new link to an old file', async () => {
    const host = namespace();
    const { folder } = await nginx(host);
    const old = new Date('2020-01-01T00:00:00Z');
    for (const file of ['nginx.conf', 'conf.d/app.conf']) utimesSync(join(folder, file), old, old);
    const before = ask(host, 'nginx-loaded');
    expect(before.newestConfig?.modifiedAt).toBe(old.getTime() / 1000);
    expect(before.oldestWorkerStartedAt).toBeGreaterThan(before.newestConfig?.modifiedAt ?? Number.POSITIVE_INFINITY);
    symlinkSync(join(folder, 'nginx.conf'), join(folder, 'conf.d/link.conf'));
    expect(ask(host, 'nginx-loaded').newestConfig).toMatchObject({ path: join(folder, 'conf.d/link.conf') });
  });

  it('find the error log that the configuration names and count what is in it, whatever time zone the login has', async () => {
    const host = namespace();
    const elsewhere = { environment: { TZ: 'JST-9' } };
    const { folder } = await nginx(host);
    const now = host.run(['date', '+%Y/%m/%d %H:%M:%S']).stdout.trim();
    const line =
      '[crit] 1#1: *7 connect() to 127.0.0.1:8080 failed (99: Cannot assign requested address) while connecting to upstream';
    writeFileSync(join(folder, 'error.log'), `2020/01/01 00:00:00 ${line}\n${now} ${line}\n${now} [notice] nothing\n`);
    expect(ask(host, 'nginx-log', elsewhere)).toMatchObject({
      file: join(folder, 'error.log'),
      linesRead: 3,
      entries: [{ class: 'address-not-available', lines: 2, recentLines: 1, last: `${now} ${line}` }],
    });
    const earlier = host.run(['date', '-d', '90 seconds ago', '+%Y/%m/%d %H:%M:%S']).stdout.trim();
    writeFileSync(join(folder, 'error.log'), `${now} [notice] left out\n${`${earlier} ${line}\n`.repeat(2000)}`);
    const { reachSeconds } = ask(host, 'nginx-log') as { reachSeconds?: number };
    expect(Math.round((reachSeconds ?? 0) / 10)).toBe(9);
  });

  it('take what clients wrote into the error log for no error of nginx', async () => {
    const host = namespace();
    const { folder } = await nginx(host);
    const now = host.run(['date', '+%Y/%m/%d %H:%M:%S']).stdout.trim();
    const refused = '(111: Connection refused) while connecting to upstream';
    const lines = [
      `[error] 7#7: *1 client intended to send too large body: 9 bytes, request: "POST / HTTP/1.1", referrer: "${refused}"`,
      '[error] 7#7: *2 open() "/www/upstream prematurely closed connection" failed (2: No such file or directory)',
      `[error] 7#7: *3 connect() failed ${refused}, client: 10.0.0.9, server: web, request: "GET / HTTP/1.1"`,
      '[crit] 7#7: *4 open() "/www/index.html" failed (24: Too many open files), client: 10.0.0.9',
    ].map((line) => `${now} ${line}`);
    writeFileSync(join(folder, 'error.log'), `${lines.join('\n')}\n`);
    expect(ask(host, 'nginx-log').entries).toEqual([
      { class: 'upstream-refused', lines: 1, recentLines: 1, last: lines[2] },
      { class: 'too-many-files', lines: 1, recentLines: 1, last: lines[3] },
    ]);
  });
});

describe('the nginx probes without root', () => {
  it('say which line of sudoers is missing', async () => {
    const host = namespace();
    const { pid, folder } = await nginx(host);
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'error.log'), 0o600);
    using tools = createFakeTools([], { ps: psOf(pid) });
    chmodSync(tools.path, 0o755);
    const environment = { PATH: `${tools.path}:${process.env['PATH']}:/usr/sbin` };
    for (const sudo of [false, true]) {
      const problem = sudo ? 'sudo_refused' : 'unreadable';
      expect(parse(host, 'nginx-config', { as: NOBODY, sudo, environment })).toMatchObject({
        ok: false,
        problem,
        reason: expect.stringContaining('"/usr/sbin/nginx -T"'),
      });
      expect(parse(host, 'nginx-log', { as: NOBODY, sudo, environment })).toMatchObject({
        ok: false,
        problem,
        reason: expect.stringContaining(`"/usr/bin/tail -n 2000 ${folder}/error.log"`),
      });
    }
  });

  it('read the journal where the error log may not be read', async () => {
    const host = namespace();
    const { pid, folder } = await nginx(host);
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'error.log'), 0o600);
    const now = host.run(['date', '+%Y/%m/%d %H:%M:%S']).stdout.trim();
    const iso = `${now.replaceAll('/', '-').replace(' ', 'T')}+0000`;
    const starting = 'nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)';
    const running = `2020/01/01 00:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream`;
    const lines = [
      `${iso} web-1 nginx[7]: ${starting}`,
      `${iso} web-1 nginx[7]: ${running}`,
      `${iso} web-1 systemd[1]: x`,
    ];
    using tools = createFakeTools([], { journalctl: `cat <<'EOT'\n${lines.join('\n')}\nEOT`, ps: psOf(pid) });
    chmodSync(tools.path, 0o755);
    const asking = { as: NOBODY, environment: { PATH: `${tools.path}:${process.env['PATH']}:/usr/sbin` } };
    expect(ask(host, 'nginx-log', asking)).toMatchObject({
      file: 'journalctl -u nginx',
      unreadFiles: [join(folder, 'error.log')],
      linesRead: 3,
      entries: [
        { class: 'address-in-use', lines: 1, recentLines: 1, last: `${now} nginx[7]: ${starting}` },
        { class: 'upstream-refused', lines: 1, recentLines: 0, last: running },
      ],
    });
  });

  it('still tell the master, its workers and their age', async () => {
    const host = namespace();
    const { pid, folder } = await nginx(host);
    chmodSync(folder, 0o755);
    using tools = createFakeTools([], { ps: psOf(pid) });
    chmodSync(tools.path, 0o755);
    const asking = { as: NOBODY, environment: { PATH: `${tools.path}:${process.env['PATH']}:/usr/sbin` } };
    expect(ask(host, 'nginx-process', asking).masters).toMatchObject([
      { pid, binary: null, binaryReplaced: null, workers: 2 },
    ]);
    const { oldestWorkerStartedAt } = ask(host, 'nginx-loaded', asking);
    expect(oldestWorkerStartedAt).toBeGreaterThan(0);
    expect(oldestWorkerStartedAt).toBe(ask(host, 'nginx-loaded').oldestWorkerStartedAt);
  });
});

describe('a stranger’s process that calls itself an nginx master', () => {
  it('gets no configuration of its choice read as root, and no binary run', async () => {
    const host = namespace();
    const folder = mkdtempSync(join(tmpdir(), 'countersign-impostor-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'evil.conf'), 'events {}\n');
    const pid = await impostor(host, `nginx: master process nginx -c ${folder}/evil.conf`);
    expect(ask(host, 'nginx-process').masters).toMatchObject([{ pid, version: null }]);
    expect(parse(host, 'nginx-config')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('belongs to another user'),
    });
    expect(parse(host, 'nginx-loaded')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('belongs to another user'),
    });
  });
});
