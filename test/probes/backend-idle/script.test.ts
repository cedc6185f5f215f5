import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { NetworkNamespace } from '../../helpers/network-namespace.ts';
import { ask, MAIN, namespace, nginx, only, ready, tryAsk } from '../../helpers/probe-host.ts';

const SCENE = fileURLToPath(new URL('../../helpers/http-scene.mjs', import.meta.url));

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
    expect(tryAsk(host, 'backend-idle', { path: only() })).toMatchObject({ ok: false, problem: 'tool_missing' });
  });
});
