import { spawn } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeTools } from '../../helpers/fake-tools.ts';
import type { NetworkNamespace } from '../../helpers/network-namespace.ts';
import { ask, askMeanwhile, MAIN, namespace, nginx, only, ready, tryAsk } from '../../helpers/probe-host.ts';

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** `amount` requests, one after another, each over a connection of its own. */
async function requests(host: NetworkNamespace, port: number, amount: number): Promise<void> {
  const script = `echo ready; i=0; while [ $i -lt ${amount} ]; do curl -s -o /dev/null http://127.0.0.1:${port}/; i=$((i+1)); done; cat >/dev/null`;
  await ready(spawn('ip', ['netns', 'exec', host.name, 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] }));
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
    const asked = askMeanwhile(host, 'requests', 2);
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
    const asked = askMeanwhile(host, 'requests', 2);
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
    expect(tryAsk(host, 'requests')).toMatchObject({
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
    expect(tryAsk(host, 'requests', asking)).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`${folder}/a.log is not readable for this user`),
    });
  });
});
