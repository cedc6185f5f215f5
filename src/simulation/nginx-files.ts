import { parseNginxConfig } from '../probes/nginx-config/parse.ts';
import type { NginxConfigFact } from '../probes/nginx-config/fact.ts';
import type { Parsed } from '../probes/probe.ts';

/** A host's files by path. */
export type Files = ReadonlyMap<string, string>;

const MAIN = '/etc/nginx/nginx.conf';

/** The services behind nginx on every simulated web host: name and port on 127.0.0.1. */
export const SERVICES = [
  { name: 'app', port: 8080 },
  { name: 'cart', port: 8081 },
  { name: 'search', port: 8082 },
] as const;

const NGINX_CONF = `# Configuration of a simulated host.
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;

events {
  worker_connections 4096;
}

http {
  access_log off;
  default_type text/plain;
  keepalive_timeout 75s;
  keepalive_requests 1000;
  include /etc/nginx/conf.d/*.conf;
}
`;

const APP_CONF = `${SERVICES.map(({ name, port }) => `upstream ${name} {\n  server 127.0.0.1:${port};\n}\n`).join('\n')}
server {
  listen 80 backlog=4096;

${SERVICES.map(({ name }) => `  location /${name}/ {\n    proxy_pass http://${name};\n  }\n`).join('\n')}
  location = /status {
    stub_status;
    allow 127.0.0.1;
    deny all;
  }
}
`;

/** nginx's files at the beginning: three services, none of whose connections are kept. */
export const NGINX_FILES: readonly (readonly [path: string, text: string])[] = [
  [MAIN, NGINX_CONF],
  ['/etc/nginx/conf.d/app.conf', APP_CONF],
];

/** The paths that nginx reads, in the order of `nginx -T`: each file, then what it includes, each once. */
export function configPaths(files: Files): readonly string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    const text = files.get(path);
    if (text === undefined || found.includes(path)) return;
    found.push(path);
    for (const [, pattern = ''] of text.matchAll(/^[^#\n]*\binclude\s+([^\s;]+);/gm))
      matching(files, pattern).forEach(visit);
  };
  visit(MAIN);
  return found;
}

/* glob(7) with `*` alone, which does not match a leading dot. */
function matching(files: Files, pattern: string): string[] {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('(?!\\.)[^/]*')}$`);
  return [...files.keys()].filter((path) => expression.test(path)).sort();
}

/** What `nginx -T` prints, in the frame of the nginx-config probe. */
export function dumpText(files: Files, pid: number): string {
  const paths = configPaths(files);
  const dump = paths.map((path) => `# configuration file ${path}:\n${files.get(path) ?? ''}\n`).join('');
  const targets = paths.map((path) => `target ${path}\t${path}\n`).join('');
  return `dump ${pid} 0 ${dump.split('\n').length - 1}\n${dump}${targets}`;
}

/** The configuration that these files are, or why nginx would refuse them; its syntax alone is looked at. */
export function readConfig(files: Files): Parsed<NginxConfigFact> {
  return parseNginxConfig({ stdout: dumpText(files, 1), stderr: '', exitCode: 0, droppedBytes: 0 });
}
