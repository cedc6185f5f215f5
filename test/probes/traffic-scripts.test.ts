import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Parsed, Probe } from '../../src/probes/probe.ts';
import { type FactTypes, type ProbeId, probeById } from '../../src/probes/registry.ts';
import { createFakeTools } from '../helpers/fake-tools.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../helpers/network-namespace.ts';
import { type RealNginx, startNginx } from '../helpers/nginx.ts';

const SCENE = fileURLToPath(new URL('../helpers/http-scene.mjs', import.meta.url));
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const MAIN = 'user root; pid @/nginx.pid; error_log @/error.log;\nevents {}\n';
/** What the nginx shell functions and the probes themselves need. */
const TOOLS = [
  ...['sh', 'awk', 'sed', 'grep', 'sort', 'head', 'tail', 'tr', 'cat', 'wc', 'id', 'ps', 'find', 'readlink', 'sleep'],
  ...['nginx', 'env', 'stat', 'cut'],
];

function namespace(): NetworkNamespace {
  const made = createNetworkNamespace();
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

async function nginx(host: NetworkNamespace, files: Readonly<Record<string, string>>): Promise<RealNginx> {
  const started = await startNginx(host, files);
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started;
}

interface Habit {
  readonly port: number;
  readonly host?: string;
  readonly idleMs?: number;
  readonly answerMs?: number;
  readonly raw?: string;
  readonly end?: boolean;
}

async function backends(host: NetworkNamespace, ...habits: readonly Habit[]): Promise<void> {
  const child = spawn('ip', ['netns', 'exec', host.name, process.execPath, SCENE, JSON.stringify(habits)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await ready(child);
}

async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.stdin?.end();
    await ended;
  });
  if (!child.stdout) throw new Error('stdout is needed');
  await once(child.stdout, 'data');
}

/** `amount` requests, one every `everyMs`, each over a connection of its own. */
async function requests(host: NetworkNamespace, port: number, amount: number): Promise<void> {
  const script = `echo ready; i=0; while [ $i -lt ${amount} ]; do curl -s -o /dev/null http://127.0.0.1:${port}/; i=$((i+1)); done; cat >/dev/null`;
  await ready(spawn('ip', ['netns', 'exec', host.name, 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] }));
}

interface Asking {
  readonly as?: readonly string[];
  readonly path?: string;
  readonly intervalSeconds?: number;
}

function parse<Id extends ProbeId>(host: NetworkNamespace, id: Id, asking: Asking = {}): Parsed<FactTypes[Id]> {
  const probe: Probe<Id, FactTypes[Id]> = probeById(id);
  const { argv } = probe.command({ sudo: false, intervalSeconds: asking.intervalSeconds ?? 1 });
  const environment = asking.path === undefined ? {} : { PATH: asking.path };
  const ran = host.run([...(asking.as ?? []), ...argv], environment);
  return probe.parse({ ...ran, droppedBytes: 0 });
}

function ask<Id extends ProbeId>(host: NetworkNamespace, id: Id, asking: Asking = {}): FactTypes[Id] {
  const parsed = parse(host, id, asking);
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

/** A PATH with nothing else in it. The system's own Python, since a version manager's stand-in needs more tools. */
function only(...extra: readonly string[]): string {
  const real = extra.filter((name) => name !== 'python3');
  const scripts = extra.includes('python3') ? { python3: 'exec /usr/bin/python3 "$@"' } : {};
  const made = createFakeTools([...TOOLS, ...real], scripts);
  chmodSync(made.path, 0o755);
  onTestFinished(() => made[Symbol.dispose]());
  return made.path;
}

describe('requests per second', () => {
  const STATUS = 'location = /status { stub_status; allow 127.0.0.1; allow ::1; deny all; }';

  it('come from stub_status in the running configuration, without the probe’s own requests', async () => {
    const host = namespace();
    await nginx(host, { 'nginx.conf': `${MAIN}http { access_log off; server { listen 127.0.0.1:8088; ${STATUS} } }` });
    expect(ask(host, 'requests')).toMatchObject({
      source: 'stub_status',
      from: 'http://127.0.0.1:8088/status',
      requestsPerSecond: 0,
      acceptsPerSecond: 0,
      activeConnections: 1,
      idleConnections: 0,
    });
  });

  it('are as many as were sent', async () => {
    const host = namespace();
    await nginx(host, { 'nginx.conf': `${MAIN}http { access_log off; server { listen *:8088; ${STATUS} } }` });
    const asked = spawnAsk(host, 'requests', 2);
    await requests(host, 8088, 40);
    const fact = await asked;
    expect(fact.requestsPerSecond * fact.intervalSeconds).toBeGreaterThan(5);
    expect(fact.requestsPerSecond * fact.intervalSeconds).toBeLessThanOrEqual(40.1);
    expect(fact.acceptsPerSecond).toBeCloseTo(fact.requestsPerSecond, 0);
  });

  it.each(['curl', 'wget'])('are asked for with %s, by name, over TLS-less IPv6, from a snippet', async (client) => {
    const host = namespace();
    await nginx(host, {
      'nginx.conf': `${MAIN}http { access_log off;
        server { listen [::1]:8088 default_server; return 404; }
        server { listen [::1]:8088; server_name one.example; location / { return 200; } include snippet.conf; } }`,
      'snippet.conf': STATUS,
    });
    expect(ask(host, 'requests', { path: only(client) })).toMatchObject({
      source: 'stub_status',
      from: 'http://[::1]:8088/status',
    });
  });

  it('are found among quotes, comments, regular expressions and words that a shell would act on', async () => {
    const host = namespace();
    const { folder } = await nginx(host, {
      'nginx.conf': `${MAIN}http { access_log off; log_format x '{"a;": "b}"}';
        server { listen 127.0.0.1:8088 default_server backlog=64; server_name "~^(?<name>.+)$" _ \`touch.@/pwned\`;
          location "/a;b{c}" { stub_status; }
          location ~ "^/s\\d{2}$" { stub_status; }
          location '/$(touch @/pwned)' { stub_status; } # location /no { stub_status; }
          location\t^~ /good\n{\r\n  stub_status\n;\n} } }`,
    });
    expect(ask(host, 'requests')).toMatchObject({ from: 'http://127.0.0.1:8088/good', requestsPerSecond: 0 });
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  it('come from the lines of the access logs when there is no stub_status', async () => {
    const host = namespace();
    const { folder } = await nginx(host, {
      'nginx.conf': `${MAIN}http { access_log @/main.log; access_log @/again.log; server { listen 127.0.0.1:8088; return 204; } }`,
    });
    host.run(['curl', '-s', 'http://127.0.0.1:8088/']);
    const asked = spawnAsk(host, 'requests', 2);
    await requests(host, 8088, 40);
    const fact = await asked;
    expect(fact).toMatchObject({ source: 'access_log', from: join(folder, 'main.log'), acceptsPerSecond: null });
    expect(fact.requestsPerSecond * fact.intervalSeconds).toBeGreaterThan(5);
    expect(fact.requestsPerSecond * fact.intervalSeconds).toBeLessThanOrEqual(40.1);
  });

  it('are not known, and it is said why, when nothing gives them', async () => {
    const host = namespace();
    const denied = 'location /status { stub_status; deny all; }';
    const { folder } = await nginx(host, {
      'nginx.conf': `${MAIN}http { access_log @/a.log combined buffer=32k; server { listen 127.0.0.1:8088; ${denied} } }`,
    });
    expect(parse(host, 'requests')).toMatchObject({
      ok: false,
      problem: 'unreadable',
      reason: expect.stringContaining(
        `stub_status did not answer at http://127.0.0.1:8088/status; ${folder}/a.log is written late`,
      ),
    });
  });

  it('are not counted in a log that the user may not read, and no root is asked for it', async () => {
    const host = namespace();
    const { folder, pid } = await nginx(host, {
      'nginx.conf': `${MAIN}http { access_log @/a.log; server { listen 127.0.0.1:8088; return 204; } }`,
    });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'a.log'), 0o600);
    const tools = createFakeTools([], { ps: `/usr/bin/ps "$@" | awk -v p=${pid} '$1==p||$2==p'` });
    onTestFinished(() => tools[Symbol.dispose]());
    chmodSync(tools.path, 0o755);
    const asking = { as: NOBODY, path: `${tools.path}:${process.env['PATH']}:/usr/sbin` };
    expect(parse(host, 'requests', asking)).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`${folder}/a.log is not readable for this user`),
    });
  });
});

/** Asks while the test goes on. */
async function spawnAsk<Id extends ProbeId>(
  host: NetworkNamespace,
  id: Id,
  intervalSeconds: number,
): Promise<FactTypes[Id]> {
  const probe: Probe<Id, FactTypes[Id]> = probeById(id);
  const child = spawn('ip', ['netns', 'exec', host.name, ...probe.command({ sudo: false, intervalSeconds }).argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  await once(child, 'close');
  const parsed = probe.parse({ stdout, stderr: '', exitCode: child.exitCode ?? -1, droppedBytes: 0 });
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

const proxy = (...targets: readonly string[]): string =>
  `${MAIN}http { access_log off; server { listen 127.0.0.1:8088;\n${targets
    .map((target, index) => `location /${index}/ { proxy_pass ${target}; }`)
    .join('\n')} } include more.conf; }`;

describe('the idle timeout of backends', { timeout: 40_000 }, () => {
  const tools = ['bash', 'perl', ...(existsSync('/usr/bin/python3') ? ['python3'] : [])];

  it.each(tools)('is timed by one idle connection each, with %s', async (tool) => {
    const host = namespace();
    const text = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno';
    await backends(
      host,
      { port: 8080, idleMs: 400 },
      { port: 8081, idleMs: 0 },
      { port: 8082, raw: text, end: true },
      { port: 8083, raw: 'SSH-2.0-nothing\r\n', end: true },
      { port: 8085, host: '::1', idleMs: 1500 },
    );
    await nginx(host, {
      'nginx.conf': proxy(
        'http://app',
        'http://127.0.0.1:8082/x',
        'http://127.0.0.1:8083',
        'http://127.0.0.1:8084',
        'https://tls',
        'http://$host',
      ),
      'more.conf':
        'upstream app { server 127.0.0.1:8080; server 127.0.0.1:8081; server [::1]:8085; server unix:/run/x; keepalive 8; }\nupstream tls { server 127.0.0.1:8443; }',
    });
    const { backends: found, omittedBackends } = ask(host, 'backend-idle', { path: only(tool) });
    expect(omittedBackends).toBe(0);
    const byPort = new Map(found.map((backend) => [backend.port, backend]));
    expect([...byPort.keys()].sort()).toEqual([8080, 8081, 8082, 8083, 8084, 8085]);
    expect(byPort.get(8080)).toMatchObject({ outcome: 'closed' });
    // Node adds up to a second to its keepAliveTimeout (http.Server.keepAliveTimeoutBuffer).
    expect(byPort.get(8080)?.idleMs).toBeGreaterThanOrEqual(380);
    expect(byPort.get(8085)?.idleMs).toBeGreaterThanOrEqual(1480);
    expect(byPort.get(8081)).toMatchObject({ outcome: 'not-kept', idleMs: null });
    expect(byPort.get(8082)).toMatchObject({ outcome: 'unknown', because: 'it answered OPTIONS with 400 and closed' });
    expect(byPort.get(8083)).toMatchObject({ outcome: 'unknown', because: 'it gave no HTTP answer' });
    expect(byPort.get(8084)).toMatchObject({ outcome: 'unknown', because: 'it took no connection' });
  });

  it('is watched for twelve seconds and no longer, and at most eight backends are asked', async () => {
    const host = namespace();
    await backends(host, { port: 8080, idleMs: 60_000 });
    await nginx(host, {
      'nginx.conf': proxy('http://app'),
      'more.conf': `upstream app { server 127.0.0.1:8080; ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((port) => `server 127.0.0.1:900${port};`).join(' ')} }`,
    });
    const { backends: found, omittedBackends } = ask(host, 'backend-idle');
    expect([found.length, omittedBackends]).toEqual([8, 2]);
    const [open] = found.filter(({ outcome }) => outcome === 'open');
    expect(open).toMatchObject({ port: 8080 });
    expect(open?.idleMs).toBeGreaterThan(11_000);
    expect(open?.idleMs).toBeLessThan(14_000);
  });

  it('is not known where no tool can open a connection', async () => {
    const host = namespace();
    await nginx(host, { 'nginx.conf': proxy('http://127.0.0.1:8080'), 'more.conf': '' });
    expect(parse(host, 'backend-idle', { path: only() })).toMatchObject({ ok: false, problem: 'tool_missing' });
  });
});

describe('the most connections at once', () => {
  it('are counted per destination, on the side that opened them', async () => {
    const host = namespace();
    const to = { host: '127.0.0.1', port: 8080 };
    await host.play({
      listen: [to, { host: '::1', port: 8081 }, { host: '127.0.0.1', port: 8082 }],
      connect: [to, to, to, { host: '::1', port: 8081 }],
    });
    const fact = ask(host, 'upstream-peak');
    expect(fact.peaks).toEqual([
      { address: '127.0.0.1', port: 8080, sockets: 3 },
      { address: '::1', port: 8081, sockets: 1 },
    ]);
    expect(fact).toMatchObject({ samples: 10, omittedDestinations: 0, tool: 'ss' });
    expect(fact.seconds).toBeGreaterThan(1.5);
  });

  it('are the greatest of all samples, not their sum or the last', () => {
    const host = namespace();
    const head = 'Recv-Q Send-Q Local Peer';
    const row = (port: number) => `0 0 [::ffff:10.0.0.1]:${port} [::ffff:10.0.0.9]:443`;
    const script = `case $* in *-tln*) exit 0;; esac; dir=$(dirname "$0"); echo >>"$dir/n"; echo '${head}'; [ $(wc -l <"$dir/n") = 3 ] && echo '${row(40_000)}\n${row(40_001)}'; echo '${row(40_002)}'`;
    const fake = createFakeTools([...TOOLS, 'dirname'], { ss: script });
    onTestFinished(() => fake[Symbol.dispose]());
    expect(ask(host, 'upstream-peak', { path: fake.path }).peaks).toEqual([
      { address: '10.0.0.9', port: 443, sockets: 3 },
    ]);
  });

  it('are read from netstat where ss is missing', () => {
    const rows = [
      'tcp 0 0 10.0.0.1:40000 10.0.0.9:443 ESTABLISHED',
      'tcp 0 0 10.0.0.1:40001 10.0.0.9:443 TIME_WAIT',
      'tcp 0 0 10.0.0.1:80 10.0.0.7:50000 ESTABLISHED',
    ];
    const listen = 'tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN';
    const fake = createFakeTools(TOOLS, {
      netstat: `case $* in *l*) echo '${listen}';; *) echo '${rows.join('\n')}';; esac`,
    });
    onTestFinished(() => fake[Symbol.dispose]());
    expect(ask(namespace(), 'upstream-peak', { path: fake.path })).toMatchObject({
      tool: 'netstat',
      peaks: [{ address: '10.0.0.9', port: 443, sockets: 1 }],
    });
  });
});

describe('connection tracking', () => {
  const log = (seconds: number, text = 'nf_conntrack: nf_conntrack: table full, dropping packet') =>
    `[${seconds.toFixed(6).padStart(12)}] ${text}`;

  it('is read where it is loaded, with what this user may see of the kernel log', () => {
    const uptime = 86_400 * 400;
    const lines = [log(100), log(uptime), log(uptime, 'eth0: link up')].join('\n');
    const fake = createFakeTools(TOOLS, { dmesg: `echo '${lines}'` });
    onTestFinished(() => fake[Symbol.dispose]());
    const fact = ask(namespace(), 'conntrack', { path: fake.path });
    expect(fact.fullLines).toEqual({ lines: 2, recentLines: 1, source: 'dmesg' });
    expect(fact.table === null || fact.table.limit > 0).toBe(true);
  });

  it('says that the kernel log is not known when it may not be read', () => {
    const fake = createFakeTools(TOOLS, { dmesg: 'echo "Operation not permitted" >&2; exit 1' });
    onTestFinished(() => fake[Symbol.dispose]());
    expect(ask(namespace(), 'conntrack', { path: fake.path }).fullLines).toBeNull();
  });
});
