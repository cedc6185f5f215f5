import { splitDump } from '../../src/probes/nginx-config/dump.ts';
import { extractFact } from '../../src/probes/nginx-config/extract.ts';
import type { NginxConfigFact } from '../../src/probes/nginx-config/fact.ts';
import { resolveConfig } from '../../src/probes/nginx-config/resolve.ts';
import type { NginxProcessFact } from '../../src/probes/nginx-process/fact.ts';
import { parseVersion } from '../../src/probes/nginx-process/parse.ts';
import type { RequestsFact } from '../../src/probes/requests/fact.ts';
import type { TcpCountersFact } from '../../src/probes/tcp-counters/fact.ts';

/** What `nginx -T` prints for these files, the first being the main one. */
export function dumpOf(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([path, text]) => `# configuration file ${path}:\n${text}\n`)
    .join('');
}

/** The configuration fact of these files. */
export function configOf(files: Readonly<Record<string, string>>): NginxConfigFact {
  const resolved = resolveConfig(splitDump(dumpOf(files)));
  if (!resolved.ok) throw new Error(`${resolved.file}:${resolved.error.line} ${resolved.error.message}`);
  return { files: Object.keys(files).map((path) => ({ path, sha256: '' })), ...extractFact(resolved.directives) };
}

/** The configuration fact of what stands inside `http {}` of /etc/nginx/nginx.conf, beginning on its second line. */
export function httpConfig(http: string): NginxConfigFact {
  return configOf({ '/etc/nginx/nginx.conf': `events {} http {\n${http}\n}\n` });
}

/** One nginx master of a version such as `nginx/1.22.1`. */
export function runningNginx(version = 'nginx/1.22.1'): NginxProcessFact {
  const master = {
    pid: 100,
    configPath: null,
    prefix: null,
    binary: '/usr/sbin/nginx',
    binaryReplaced: false,
    workers: 2,
  };
  return { masters: [{ ...master, version: parseVersion(version) }] };
}

/** Counters with these increases per second, over ten seconds. */
export function rates(perSecond: TcpCountersFact['perSecond']): TcpCountersFact {
  return { intervalSeconds: 10, totals: {}, perSecond, currentlyEstablished: null };
}

/** Requests and client connections per second as stub_status counts them, over five seconds. */
export function requestsFact(requestsPerSecond: number, acceptsPerSecond: number | null = null): RequestsFact {
  return {
    source: 'stub_status',
    from: 'http://127.0.0.1:80/status',
    intervalSeconds: 5,
    requestsPerSecond,
    acceptsPerSecond,
    activeConnections: null,
    idleConnections: null,
  };
}
