/** The services behind nginx on every web host: name and port on 127.0.0.1. */
export const SERVICES = [
  { name: 'app', port: 8080 },
  { name: 'cart', port: 8081 },
  { name: 'search', port: 8082 },
] as const;

/** What of conf.d/app.conf decides whether nginx reuses its connections to the services. */
interface Reuse {
  /** Lines of each upstream block. */
  readonly pool: readonly string[];
  /** Lines of each location. */
  readonly proxy: readonly string[];
  /** What stands before the upstream blocks. */
  readonly preamble?: string;
}

const PERSISTENT = ['proxy_http_version 1.1;', 'proxy_set_header Connection "";'];
/** Below the services' idle timeout of 5 s, so that nginx never writes into a connection which a service is closing. */
const POOL = ['keepalive 32;', 'keepalive_timeout 4s;'];

/** The map of nginx's own page "WebSocket proxying": it tells the backend to close after every plain request. */
const WEBSOCKET_MAP = `map $http_upgrade $connection_upgrade {
  default upgrade;
  '' close;
}

`;

const REUSE = {
  /** As it should be. */
  pooled: { pool: POOL, proxy: PERSISTENT },
  /** nginx's own defaults before 1.29.7: HTTP/1.0, and the service closes after every answer. */
  unpooled: { pool: [], proxy: [] },
  /** HTTP/1.1 without a pool: nginx closes after every answer. */
  'persistent-without-pool': { pool: [], proxy: PERSISTENT },
  'pool-of-two': { pool: ['keepalive 2;', 'keepalive_timeout 4s;'], proxy: PERSISTENT },
  'pool-idle-for-a-minute': { pool: ['keepalive 32;', 'keepalive_timeout 60s;'], proxy: PERSISTENT },
  'websocket-map': {
    pool: POOL,
    proxy: [
      'proxy_http_version 1.1;',
      'proxy_set_header Upgrade $http_upgrade;',
      'proxy_set_header Connection $connection_upgrade;',
    ],
    preamble: WEBSOCKET_MAP,
  },
} as const satisfies Record<string, Reuse>;

/** How nginx talks to the services. */
export type UpstreamMode = keyof typeof REUSE;

/** How long nginx keeps clients' connections. */
export interface ClientKeepalive {
  /** An nginx time; 75s unless told otherwise. */
  readonly timeout?: string;
  /** Requests per connection; 1000 unless told otherwise. */
  readonly requests?: number;
}

/** nginx.conf, the main configuration file, in Debian's places. */
export function renderNginxConf({ timeout = '75s', requests = 1000 }: ClientKeepalive = {}): string {
  return `user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;

events {
  worker_connections 4096;
  multi_accept on;
}

http {
  access_log off;
  default_type text/plain;
  keepalive_timeout ${timeout};
  keepalive_requests ${requests};
  include /etc/nginx/conf.d/*.conf;
}
`;
}

/** conf.d/app.conf: three upstreams behind port 80. */
export function renderAppConf(mode: UpstreamMode): string {
  const { pool, proxy, preamble = '' }: Reuse = REUSE[mode];
  return `${preamble}${SERVICES.map(({ name, port }) => upstream(name, port, pool)).join('\n')}
server {
  listen 80 backlog=4096;

${SERVICES.map(({ name }) => location(name, proxy)).join('\n')}
  location = /status {
    stub_status;
    allow 127.0.0.1;
    deny all;
  }
}
`;
}

function upstream(name: string, port: number, pool: readonly string[]): string {
  return `upstream ${name} {\n  server 127.0.0.1:${port};\n${pool.map((line) => `  ${line}\n`).join('')}}\n`;
}

function location(name: string, proxy: readonly string[]): string {
  const lines = [`proxy_pass http://${name};`, ...proxy];
  return `  location /${name}/ {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}
