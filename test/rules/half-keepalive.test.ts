import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { evaluateRules } from '../../src/rules/evaluate.ts';
import { halfKeepaliveRule } from '../../src/rules/half-keepalive.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { upstreamNotPooledRule } from '../../src/rules/upstream-not-pooled.ts';
import { acceptedGroup, connectedGroup, socketsFact, sysctlFact } from '../helpers/network-facts.ts';
import { httpConfig, rates, runningNginx } from '../helpers/nginx-facts.ts';

const NGINX_CLOSES = socketsFact([
  connectedGroup('TIME-WAIT', '127.0.0.1:8080', 24_917),
  connectedGroup('ESTAB', '127.0.0.1:8080', 60),
]);
const BACKEND_CLOSES = socketsFact([
  acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 27_355),
  connectedGroup('TIME-WAIT', '127.0.0.1:8080', 22),
]);

function configured(parts: { upstream?: string; location?: string; pass?: string; http?: string }) {
  const { upstream = '', location = '', pass = 'http://app', http = '' } = parts;
  return httpConfig(
    `${http}upstream app { server 127.0.0.1:8080;\n${upstream}\n}\nserver { listen 80; location / { proxy_pass ${pass};\n${location}\n} }`,
  );
}

function facts(config: Facts['nginx-config'] & object, change: Partial<Facts> = {}): Facts {
  return {
    sockets: NGINX_CLOSES,
    'tcp-counters': rates({ ActiveOpens: 1681 }),
    'nginx-config': config,
    'nginx-process': runningNginx(),
    sysctl: sysctlFact(),
    ...change,
  };
}

function find(given: Facts): readonly Finding[] {
  const rules = [halfKeepaliveRule, upstreamNotPooledRule].map((rule) => ({ rule, thresholds: {} }));
  return evaluateRules({ host: asHostName('web-1'), facts: given, at: 0, rules }).findings;
}

const HTTP11 = 'proxy_http_version 1.1;';
const EMPTY = 'proxy_set_header Connection "";';

describe('upstream keepalive that is configured by half', () => {
  it('is HTTP/1.1 and no Connection header without a pool, and nginx then holds the ports', () => {
    const found = find(facts(configured({ location: `${HTTP11} ${EMPTY}` })));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ rule: 'half-keepalive', severity: 'warning', confidence: 'high' });
    expect(found[0]?.explanation).toEqual([
      '1,681 new outgoing connections/s; 24,917 TIME_WAIT on 127.0.0.1:8080: 0 closed by the backends, 24,917 by nginx.',
      'nginx.conf:2: upstream "app" has no keepalive.',
      'nginx closes first, so every close holds an ephemeral port for 60 s: worse than no pool at all.',
    ]);
  });

  it('is a literal proxy_pass with everything else right', () => {
    const found = find(
      facts(configured({ upstream: 'keepalive 32;', location: `${HTTP11} ${EMPTY}`, pass: 'http://127.0.0.1:8080' })),
    );
    expect(found.map(({ rule, explanation }) => [rule, explanation[1]])).toEqual([
      [
        'half-keepalive',
        'nginx.conf:5: proxy_pass http://127.0.0.1:8080 names an address instead of an upstream block, which nginx never pools.',
      ],
    ]);
  });

  it('is a pool with HTTP/1.0', () => {
    const found = find(facts(configured({ upstream: 'keepalive 32;', location: EMPTY }), { sockets: BACKEND_CLOSES }));
    expect(found.map(({ rule, explanation }) => [rule, explanation[1]])).toEqual([
      ['half-keepalive', 'nginx.conf:5: location / has no proxy_http_version 1.1.'],
    ]);
    expect(found[0]?.explanation[2]).toContain('told to close every connection');
  });

  it('is a pool whose Connection header says close', () => {
    const found = find(
      facts(configured({ upstream: 'keepalive 32;', location: `${HTTP11}\nproxy_set_header Connection close;` }), {
        sockets: BACKEND_CLOSES,
      }),
    );
    expect(found.map(({ explanation }) => explanation[1])).toEqual([
      'nginx.conf:7: proxy_set_header Connection close defeats the pool.',
    ]);
  });

  it('is a pool whose Connection header was lost because the location sets another header', () => {
    const found = find(
      facts(configured({ upstream: 'keepalive 32;', location: `${HTTP11} proxy_set_header X-A b;`, http: EMPTY }), {
        sockets: BACKEND_CLOSES,
      }),
    );
    expect(found.map(({ explanation }) => explanation[1])).toEqual([
      'nginx.conf:5: location / sends nginx\'s default "Connection: close".',
    ]);
  });

  it('is a pool behind the WebSocket map of the nginx documentation', () => {
    const http = "map $http_upgrade $connection_upgrade { default upgrade;\n'' close; }\n";
    const location = `${HTTP11} proxy_set_header Connection $connection_upgrade;`;
    const found = find(facts(configured({ upstream: 'keepalive 32;', location, http }), { sockets: BACKEND_CLOSES }));
    expect(found.map(({ explanation }) => explanation[1])).toEqual([
      'nginx.conf:3: the map of $connection_upgrade sends "Connection: close" for plain requests.',
    ]);
  });

  it('is keepalive 0 on an nginx that would pool by itself', () => {
    const found = find(
      facts(configured({ upstream: 'keepalive 0;' }), { 'nginx-process': runningNginx('nginx/1.30.0') }),
    );
    expect(found.map(({ rule, explanation }) => [rule, explanation[1]])).toEqual([
      ['half-keepalive', 'nginx.conf:3: keepalive 0 turns the pool of upstream "app" off.'],
    ]);
  });

  it('is an explicit proxy_http_version 1.0 on an nginx that would pool by itself', () => {
    const found = find(
      facts(configured({ location: 'proxy_http_version 1.0;' }), {
        'nginx-process': runningNginx('nginx/1.30.0'),
        sockets: BACKEND_CLOSES,
      }),
    );
    expect(found.map(({ explanation }) => explanation[1])).toEqual([
      'nginx.conf:6: proxy_http_version 1.0 ends every connection after one request.',
    ]);
  });

  it('is critical when it uses the ports up', () => {
    const [finding] = find(
      facts(configured({ location: `${HTTP11} ${EMPTY}` }), { sysctl: sysctlFact({ tcpTwReuse: 0 }) }),
    );
    expect(finding).toMatchObject({ severity: 'critical', notConcluded: [] });
  });
});

describe('a pool that is complete and yet opens connections anew', () => {
  const complete = (upstream: string) => configured({ upstream, location: `${HTTP11} ${EMPTY}` });

  it('is too small when nginx closes first', () => {
    const [finding] = find(facts(complete('keepalive 2;')));
    expect(finding).toMatchObject({ title: 'The upstream pool is too small', severity: 'warning' });
    expect(finding?.explanation[1]).toBe(
      'nginx.conf:3: keepalive 2 of upstream "app" is the number of idle connections kept per worker; 60 connections are open now.',
    );
  });

  it('ends connections on purpose when keepalive_requests or keepalive_timeout are tiny', () => {
    expect(find(facts(complete('keepalive 64;\nkeepalive_requests 5;')))[0]?.explanation[1]).toContain(
      'nginx.conf:4: keepalive_requests 5 ends a pooled connection',
    );
    expect(find(facts(complete('keepalive 64;\nkeepalive_timeout 50ms;')))[0]?.explanation[1]).toContain(
      'nginx.conf:4: keepalive_timeout 50 ms ends idle connections',
    );
  });

  it('is only mentioned when the backends close', () => {
    const found = find(facts(complete('keepalive 32;'), { sockets: BACKEND_CLOSES }));
    expect(found).toMatchObject([{ title: 'Backends close pooled connections', severity: 'info' }]);
  });

  it('is not mentioned while few connections are opened', () => {
    expect(find(facts(complete('keepalive 32;'), { 'tcp-counters': rates({ ActiveOpens: 13 }) }))).toEqual([]);
  });
});

describe('nothing is said of half a keepalive', () => {
  it('when neither a pool nor HTTP/1.1 is there, which is the other finding', () => {
    expect(find(facts(configured({}), { sockets: BACKEND_CLOSES })).map(({ rule }) => rule)).toEqual([
      'upstream-not-pooled',
    ]);
  });

  it('when the pool works for plain requests and WebSockets', () => {
    const http = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n";
    const config = configured({
      upstream: 'keepalive 32;',
      location: `${HTTP11} proxy_set_header Connection $connection_upgrade;`,
      http,
    });
    const sockets = socketsFact([
      connectedGroup('ESTAB', '127.0.0.1:8080', 30),
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 6),
    ]);
    expect(find(facts(config, { sockets, 'tcp-counters': rates({ ActiveOpens: 0.6 }) }))).toEqual([]);
  });

  it('when nginx does not run', () => {
    expect(find(facts(configured({ location: `${HTTP11} ${EMPTY}` }), { 'nginx-process': { masters: [] } }))).toEqual(
      [],
    );
  });
});
