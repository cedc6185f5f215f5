import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { asHostName } from '../../../src/base/ids.ts';
import type { Facts, ProbeId } from '../../../src/probes/registry.ts';
import { probeById } from '../../../src/probes/registry.ts';
import { applySplices } from '../../../src/remedies/nginx-edit/splice.ts';
import { poolUpstreamRemedy } from '../../../src/remedies/pool-upstream/index.ts';
import type { Planned } from '../../../src/remedies/remedy.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../../helpers/network-namespace.ts';
import { type RealNginx, startNginx } from '../../helpers/nginx.ts';
import { planned } from '../../helpers/nginx-edit.ts';

const MAIN = `user root; worker_processes 1; pid @/nginx.pid; error_log @/error.log;
events {}
http { access_log off; include sites-enabled/*; }
`;

/** Answers with the Host and Connection it was asked with and the number of connections so far; /go redirects to itself. */
const BACKEND = `
let connections = 0;
const server = require('node:http').createServer((request, response) => {
  const { host, connection } = request.headers;
  if (request.url.endsWith('/go')) response.writeHead(302, { location: 'http://' + host + '/base/there' });
  response.end(JSON.stringify({ host, connection: connection ?? null, upgrade: request.headers.upgrade ?? null, connections }));
});
server.on('connection', () => { connections++; });
server.listen(8080, '127.0.0.1', () => console.log('ready'));
`;

interface Answer {
  readonly host: string;
  readonly connection: string | null;
  readonly connections: number;
}

async function scene(site: string): Promise<{ host: NetworkNamespace; nginx: RealNginx }> {
  const host = createNetworkNamespace();
  onTestFinished(() => host[Symbol.asyncDispose]());
  const backend: ChildProcess = spawn('ip', ['netns', 'exec', host.name, process.execPath, '-e', BACKEND], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(backend, 'exit');
  onTestFinished(async () => {
    backend.kill();
    await ended;
  });
  if (backend.stdout) await once(backend.stdout, 'data');
  const nginx = await startNginx(host, { 'nginx.conf': MAIN, 'sites-available/site': site });
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  mkdirSync(join(nginx.folder, 'sites-enabled'));
  symlinkSync('../sites-available/site', join(nginx.folder, 'sites-enabled/site'));
  await reload(host, nginx);
  return { host, nginx };
}

async function reload(host: NetworkNamespace, { folder, pid }: RealNginx): Promise<void> {
  const workers = () => host.run(['pgrep', '-P', String(pid)]).stdout;
  const before = workers();
  const { exitCode, stderr } = host.run(['nginx', '-c', join(folder, 'nginx.conf'), '-s', 'reload']);
  if (exitCode !== 0) throw new Error(stderr);
  const old = before.trim().split('\n');
  while (
    workers()
      .trim()
      .split('\n')
      .some((worker) => old.includes(worker))
  ) {
    await delay(20);
  }
}

function factsOf(host: NetworkNamespace): Facts {
  const facts: Record<string, unknown> = {};
  for (const id of ['nginx-config', 'nginx-process', 'sockets'] satisfies ProbeId[]) {
    const probe = probeById<ProbeId>(id);
    const ran = host.run([...probe.command({ sudo: false, intervalSeconds: 1 }).argv]);
    const parsed = probe.parse({ ...ran, droppedBytes: 0 });
    if (!parsed.ok) throw new Error(parsed.reason);
    facts[id] = parsed.fact;
  }
  return { ...facts, 'nginx-loaded': { oldestWorkerStartedAt: 1000, newestConfig: null } };
}

function plan(host: NetworkNamespace): Planned {
  return poolUpstreamRemedy.plan({ host: asHostName('web-1'), facts: factsOf(host), changeId: '41-1' });
}

/** Does what the receipt does with the edits: only in a file with the planned digest. */
function edit(made: Planned): void {
  for (const action of planned(made).actions) {
    if (action.kind !== 'edit') continue;
    const before = readFileSync(action.path);
    expect(sha256(before)).toBe(action.sha256);
    writeFileSync(action.path, applySplices(before.toString('latin1'), action.splices), 'latin1');
  }
}

function ask(host: NetworkNamespace, path: string, headers: readonly string[] = []): string {
  const options = headers.flatMap((header) => ['-H', header]);
  return host.run(['curl', '-sS', '-i', '--max-time', '5', ...options, `http://127.0.0.1:8188${path}`]).stdout;
}

function answer(host: NetworkNamespace, path: string, headers: readonly string[] = []): Answer {
  return JSON.parse(ask(host, path, headers).split('\r\n\r\n')[1] ?? '');
}

function connectionsFor(host: NetworkNamespace, requests: number, path: string): number {
  const before = answer(host, path).connections;
  for (let i = 1; i < requests; i++) answer(host, path);
  return answer(host, path).connections - before;
}

const SITE = (location: string) => `server {\n  listen 127.0.0.1:8188;\n${location}}\n`;

describe('pooling on a real nginx', () => {
  it('makes an upstream keep its connection, through a linked site', async () => {
    const { host, nginx } = await scene(
      `upstream app {\n  server 127.0.0.1:8080;\n}\n${SITE('  location / {\n    proxy_pass http://app;\n  }\n')}`,
    );
    expect(connectionsFor(host, 10, '/')).toBe(10);
    edit(plan(host));
    await reload(host, nginx);
    expect(connectionsFor(host, 10, '/')).toBeLessThanOrEqual(1);
    expect(plan(host)).toMatchObject({ kind: 'nothing' });
  });

  it('of a literal address keeps the Host that the backend sees and the redirects that clients see', async () => {
    const { host, nginx } = await scene(SITE('  location /app/ {\n    proxy_pass http://127.0.0.1:8080/base/;\n  }\n'));
    const before = { answer: answer(host, '/app/'), redirect: /^Location: .*$/m.exec(ask(host, '/app/go'))?.[0] };
    edit(plan(host));
    await reload(host, nginx);
    expect(answer(host, '/app/')).toMatchObject({ host: before.answer.host, connection: null });
    expect(before.redirect).toContain('http://127.0.0.1:8188/app/there');
    expect(/^Location: .*$/m.exec(ask(host, '/app/go'))?.[0]).toBe(before.redirect);
    expect(connectionsFor(host, 10, '/app/')).toBeLessThanOrEqual(1);
  });

  it('of a literal address with variables in its path goes on passing that path', async () => {
    const { host, nginx } = await scene(
      SITE(
        '  location ~ ^/app/(.*)$ {\n    proxy_pass http://127.0.0.1:8080/base/$1;\n  }\n  location / {\n    proxy_pass http://127.0.0.1:8080$request_uri;\n  }\n',
      ),
    );
    const before = ['/app/x', '/plain?a=1'].map((path) => answer(host, path).host);
    const redirects = () => ['/app/go', '/go'].map((path) => /^Location: .*$/m.exec(ask(host, path))?.[0]);
    const redirected = redirects();
    edit(plan(host));
    await reload(host, nginx);
    expect(['/app/x', '/plain?a=1'].map((path) => answer(host, path).host)).toEqual(before);
    expect(redirects()).toEqual(redirected);
    expect(connectionsFor(host, 10, '/app/x')).toBeLessThanOrEqual(1);
    expect(connectionsFor(host, 10, '/plain')).toBeLessThanOrEqual(1);
  });

  it('of a literal address keeps the headers that its location inherits', async () => {
    const { host, nginx } = await scene(
      SITE('  proxy_set_header Upgrade probe;\n  location / {\n    proxy_pass http://127.0.0.1:8080;\n  }\n'),
    );
    edit(plan(host));
    await reload(host, nginx);
    expect(answer(host, '/')).toMatchObject({ host: '127.0.0.1:8080', upgrade: 'probe', connection: null });
    expect(connectionsFor(host, 10, '/')).toBeLessThanOrEqual(1);
  });

  it('of a WebSocket map pools plain requests and still asks for upgrades', async () => {
    const { host, nginx } = await scene(
      `map $http_upgrade $connection_upgrade {\n  default upgrade;\n  '' close;\n}\nupstream app {\n  server 127.0.0.1:8080;\n  keepalive 8;\n}\n${SITE(
        '  location / {\n    proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection $connection_upgrade;\n    proxy_pass http://app;\n  }\n',
      )}`,
    );
    expect(connectionsFor(host, 10, '/')).toBe(10);
    edit(plan(host));
    await reload(host, nginx);
    expect(connectionsFor(host, 10, '/')).toBeLessThanOrEqual(1);
    expect(answer(host, '/', ['Connection: upgrade', 'Upgrade: h2c'])).toMatchObject({ connection: 'upgrade' });
  });

  it('of a pool above its balancing method makes the pool work', async () => {
    const { host, nginx } = await scene(
      `upstream app {\n  keepalive 8;\n  least_conn;\n  server 127.0.0.1:8080;\n}\n${SITE(
        '  location / {\n    proxy_http_version 1.1;\n    proxy_set_header Connection "";\n    proxy_pass http://app;\n  }\n',
      )}`,
    );
    expect(connectionsFor(host, 10, '/')).toBe(10);
    edit(plan(host));
    await reload(host, nginx);
    expect(connectionsFor(host, 10, '/')).toBeLessThanOrEqual(1);
  });
});
