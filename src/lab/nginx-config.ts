/** The services behind nginx on every web host: name and port on 127.0.0.1. */
export const SERVICES = [
  { name: 'app', port: 8080 },
  { name: 'cart', port: 8081 },
  { name: 'search', port: 8082 },
] as const;

/** How nginx talks to the services: over pooled connections, or with a new connection for each request. */
export type UpstreamMode = 'pooled' | 'unpooled';

/** The main configuration file, in Debian's places. */
export const NGINX_CONF = `user www-data;
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
  keepalive_timeout 75s;
  keepalive_requests 1000;
  include /etc/nginx/conf.d/*.conf;
}
`;

/**
 * conf.d/app.conf: three upstreams behind port 80. The pool's idle timeout of 4 s is below the services' 5 s, so that
 * nginx never writes into a connection which a service is closing.
 */
export function renderAppConf(mode: UpstreamMode): string {
  return `${SERVICES.map(({ name, port }) => upstream(name, port, mode)).join('\n')}
server {
  listen 80 backlog=4096;

${SERVICES.map(({ name }) => location(name, mode)).join('\n')}
  location = /status {
    stub_status;
    allow 127.0.0.1;
    deny all;
  }
}
`;
}

function upstream(name: string, port: number, mode: UpstreamMode): string {
  const pool = mode === 'pooled' ? '  keepalive 32;\n  keepalive_timeout 4s;\n' : '';
  return `upstream ${name} {\n  server 127.0.0.1:${port};\n${pool}}\n`;
}

function location(name: string, mode: UpstreamMode): string {
  const reuse = mode === 'pooled' ? '    proxy_http_version 1.1;\n    proxy_set_header Connection "";\n' : '';
  return `  location /${name}/ {\n    proxy_pass http://${name};\n${reuse}  }\n`;
}
