import { describe, expect, it } from 'vitest';
import { timeMs } from '../../../src/probes/nginx-config/values.ts';
import { configOf, httpConfig } from '../../helpers/nginx-facts.ts';

const MAIN = '/etc/nginx/nginx.conf';

function onlyProxy(http: string) {
  const { proxies } = httpConfig(http);
  expect(proxies).toHaveLength(1);
  return proxies[0]!;
}

describe('an upstream block', () => {
  it('tells its servers with ports, IPv6 brackets and unix sockets', () => {
    const [upstream] = httpConfig(
      'upstream app {\n server 127.0.0.1:8080 weight=5;\n server [::1]:81; server [::1]; server app.internal;\n server unix:/run/a.sock; }',
    ).upstreams;
    expect(upstream).toMatchObject({ name: 'app', file: MAIN, line: 2, keepalive: null });
    expect(upstream?.servers.map(({ endpoint, line }) => [endpoint, line])).toEqual([
      [{ address: '127.0.0.1', port: 8080 }, 3],
      [{ address: '::1', port: 81 }, 4],
      [{ address: '::1', port: 80 }, 4],
      [{ address: 'app.internal', port: 80 }, 4],
      [null, 5],
    ]);
  });

  it('tells its pool and where each line of it stands', () => {
    const [upstream] = httpConfig(
      'upstream app { server a;\nkeepalive 32 local;\nkeepalive_timeout 4s;\nkeepalive_requests 500; }',
    ).upstreams;
    expect(upstream?.keepalive).toEqual({ file: MAIN, line: 3, value: 32 });
    expect(upstream?.keepaliveTimeoutMs).toEqual({ file: MAIN, line: 4, value: 4000 });
    expect(upstream?.keepaliveRequests).toEqual({ file: MAIN, line: 5, value: 500 });
  });

  it('of the stream module is none of http', () => {
    const config = configOf({
      [MAIN]: 'stream { upstream db { server 10.0.0.1:5432; } server { listen 5432; proxy_pass db; } } http {}',
    });
    expect(config).toMatchObject({ upstreams: [], proxies: [], listens: [] });
  });
});

describe('a proxy_pass', () => {
  it('names an upstream block without regard to case or path', () => {
    expect(onlyProxy('upstream App { server a; } server { location /x/ { proxy_pass http://app/y/; } }')).toMatchObject(
      { upstream: 'App', literal: null, variable: false, match: '/x/' },
    );
  });

  it.each([
    ['http://127.0.0.1:8080/x', '127.0.0.1:8080', { address: '127.0.0.1', port: 8080 }],
    ['http://127.0.0.1', '127.0.0.1', { address: '127.0.0.1', port: 80 }],
    ['https://[::1]/', '[::1]', { address: '::1', port: 443 }],
    ['http://unix:/run/app.sock:/uri/', 'unix:/run/app.sock', null],
  ])('%s goes to a literal backend', (target, text, endpoint) => {
    expect(onlyProxy(`server { location / { proxy_pass ${target}; } }`)).toMatchObject({
      upstream: null,
      literal: { text, endpoint, line: 2 },
    });
  });

  it('to a variable is known only when every set names the same upstream', () => {
    const location =
      'location / { proxy_pass http://$b$arg_c; } } upstream one { server a; } upstream two { server b; }';
    expect(onlyProxy(`server { set $b one; ${location}`)).toMatchObject({
      variable: true,
      upstream: null,
      literal: null,
    });
    const whole = location.replace('$arg_c', '$request_uri');
    expect(onlyProxy(`server { set $b one; ${whole}`)).toMatchObject({ variable: true, upstream: 'one' });
    expect(onlyProxy(`server { set $b one; ${whole} server { set $b two; }`)).toMatchObject({
      variable: true,
      upstream: null,
    });
    expect(onlyProxy(`server { ${whole}`)).toMatchObject({ variable: true, upstream: null });
  });

  it.each(['$request_uri', `$${'{uri}'}`, '/$1', '?$args'])('may have variables in its path: %s', (path) => {
    const location = (host: string) => `server { location / { proxy_pass "http://${host}${path}"; } }`;
    expect(onlyProxy(`upstream app { server a; } ${location('app')}`)).toMatchObject({
      upstream: 'app',
      variable: false,
    });
    expect(onlyProxy(location('127.0.0.1:8080'))).toMatchObject({
      literal: { text: '127.0.0.1:8080', endpoint: { port: 8080 } },
      variable: false,
    });
  });

  it('is found in nested locations, if and limit_except', () => {
    const { proxies } = httpConfig(
      'server { location /a { location ~ "^/a/b$" { proxy_pass http://x; } if ($args) { proxy_pass http://y; } limit_except GET { proxy_pass http://z; } } }',
    );
    expect(proxies.map(({ proxyPass, match }) => [proxyPass, match])).toEqual([
      ['http://x', '~ ^/a/b$'],
      ['http://y', '/a'],
      ['http://z', '/a'],
    ]);
  });
});

describe('what is in force at a proxy_pass', () => {
  it('takes proxy_http_version from the innermost level that sets it', () => {
    expect(
      onlyProxy(
        'proxy_http_version 1.0;\nserver { proxy_http_version 1.1;\nlocation / { location /a { proxy_pass http://x; } } }',
      ).httpVersion,
    ).toEqual({ file: MAIN, line: 3, value: '1.1' });
    expect(onlyProxy('server { location / { proxy_pass http://x; } }').httpVersion).toBeNull();
  });

  it('takes the Connection header of an outer level when the location sets no header at all', () => {
    expect(
      onlyProxy('server {\nproxy_set_header Connection "";\nlocation / { proxy_pass http://x; } }').connectionHeader,
    ).toEqual({ file: MAIN, line: 3, value: '' });
  });

  it('loses the Connection header of an outer level when the location sets any header', () => {
    expect(
      onlyProxy(
        'server { proxy_set_header Connection ""; location / { proxy_set_header X-A b; proxy_pass http://x; } }',
      ).connectionHeader,
    ).toBeNull();
  });

  it('takes the last Connection header of the level that counts', () => {
    expect(
      onlyProxy(
        'server { location / { proxy_set_header connection close; proxy_set_header CONNECTION keep-alive; proxy_pass http://x; } }',
      ).connectionHeader?.value,
    ).toBe('keep-alive');
  });

  it('depends on the place from which a snippet is included', () => {
    const config = configOf({
      [MAIN]: 'http { server { proxy_http_version 1.1; include s.conf; } server { include s.conf; } }',
      '/etc/nginx/s.conf': 'location / { proxy_pass http://x; }\n',
    });
    expect(config.proxies.map(({ httpVersion, file, line }) => [httpVersion?.value ?? null, file, line])).toEqual([
      ['1.1', '/etc/nginx/s.conf', 1],
      [null, '/etc/nginx/s.conf', 1],
    ]);
  });
});

describe('a map that decides the Connection header', () => {
  const proxy = 'server { location / { proxy_pass http://x; proxy_set_header Connection $c; } }';

  it('is told with the value of the empty case and its line', () => {
    expect(httpConfig(`map $http_upgrade $c {\ndefault upgrade;\n'' close; }\n${proxy}`).connectionMaps).toEqual([
      { file: MAIN, line: 2, variable: 'c', emptyValue: 'close', emptyPlace: { file: MAIN, line: 4 } },
    ]);
  });

  it('falls back to its default, and without one to nothing', () => {
    expect(httpConfig(`map $http_upgrade $c {\ndefault close; }\n${proxy}`).connectionMaps[0]).toMatchObject({
      emptyValue: 'close',
      emptyPlace: { line: 3 },
    });
    expect(httpConfig(`map $http_upgrade $c { websocket upgrade; }\n${proxy}`).connectionMaps[0]).toMatchObject({
      emptyValue: '',
      emptyPlace: null,
    });
  });

  it('is left out when no location uses it', () => {
    expect(httpConfig(`map $http_upgrade $other { default close; }\n${proxy}`).connectionMaps).toEqual([]);
  });
});

describe('the server side', () => {
  it('tells listen addresses, and *:80 for a server that has none', () => {
    const { listens } = httpConfig(
      'server { listen 8080 default_server; listen [::]:80; listen 127.0.0.1; listen *:81; listen unix:/run/x; } server { }',
    );
    expect(listens.map(({ address, port }) => `${address} ${port}`)).toEqual([
      '0.0.0.0 8080',
      ':: 80',
      '127.0.0.1 80',
      '0.0.0.0 81',
      '0.0.0.0 80',
    ]);
  });

  it('tells the clients’ keepalive of http, servers and locations, but not the upstreams’', () => {
    const config = httpConfig(
      'keepalive_requests 100; keepalive_timeout 1m 20s;\nupstream u { server a; keepalive_requests 7; keepalive_timeout 7; }\nserver { keepalive_requests 50; location / { keepalive_timeout 0; } }',
    );
    expect(config.clientKeepaliveRequests.map(({ value, line }) => [value, line])).toEqual([
      [100, 2],
      [50, 4],
    ]);
    expect(config.clientKeepaliveTimeoutMs.map(({ value }) => value)).toEqual([60_000, 0]);
  });

  it('tells worker_processes and the log files, not stderr or syslog', () => {
    const config = configOf({
      [MAIN]:
        'worker_processes auto; error_log /var/log/a.log warn; error_log stderr; http { error_log syslog:server=unix:/dev/log; server { error_log logs/b.log; } }',
    });
    expect(config.workerProcesses?.value).toBe('auto');
    expect(config.errorLogs.map(({ value }) => value)).toEqual(['/var/log/a.log', 'logs/b.log']);
  });
});

describe('a time', () => {
  it.each([
    ['75', 75_000],
    ['75s', 75_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['1h 5', 3_605_000],
    ['', null],
    ['abc', null],
    ['1x', null],
  ])('%j is %s ms', (text, expected) => {
    expect(timeMs(text)).toBe(expected);
  });
});
