import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { evaluateRules } from '../../src/rules/evaluate.ts';
import { halfKeepaliveRule } from '../../src/rules/half-keepalive.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { upstreamNotPooledRule } from '../../src/rules/upstream-not-pooled.ts';
import { acceptedGroup, connectedGroup, peakFact, socketsFact, sysctlFact } from '../helpers/network-facts.ts';
import { httpConfig, rates, requestsFact, runningNginx } from '../helpers/nginx-facts.ts';

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
      'Give the upstream block keepalive, after its balancing method: HTTP/1.1 and an empty Connection header alone only make nginx the one that closes.',
    ]);
  });

  it('says how many closes hold a port when both ends close', () => {
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 830),
      acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 398),
    ]);
    const found = find(facts(configured({ location: `${HTTP11} ${EMPTY}` }), { sockets }));
    expect(found[0]?.explanation).toContain(
      'Both ends close: each of the 830 that nginx closed holds an ephemeral port for 60 s.',
    );
  });

  it('is named as the cause when no port is left, so that no connection is opened any more', () => {
    const exhausted = {
      sockets: socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 1001)]),
      'tcp-counters': rates({ ActiveOpens: 0 }),
      sysctl: sysctlFact({ localPortRange: { low: 40_000, high: 41_000 }, tcpTwReuse: 0 }),
    };
    const [found] = find(facts(configured({ location: `${HTTP11} ${EMPTY}` }), exhausted));
    expect(found).toMatchObject({ rule: 'half-keepalive', severity: 'critical' });
    expect(found?.explanation[0]).toMatch(/^At least 17 new outgoing connections\/s/);
    const pooled = configured({ upstream: 'keepalive 32;', location: `${HTTP11} ${EMPTY}` });
    expect(find(facts(pooled, exhausted))).toEqual([]);
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
    expect(found[0]?.title).toBe('The WebSocket map closes upstream connections');
    expect(found[0]?.explanation[3]).toContain(
      "Change the map’s value for plain requests from close to ''; WebSockets go on",
    );
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

  it('is too small by the number that was open at once, spread over the workers', () => {
    const peaks = [{ address: '127.0.0.1', port: 8080, sockets: 64 }];
    const [finding] = find(facts(complete('keepalive 2;'), { 'upstream-peak': peakFact(peaks) }));
    expect(finding?.explanation.at(-1)).toBe(
      'Raise keepalive there to 48 or more: up to 64 connections to one backend were open at once, over 2 workers.',
    );
    expect(finding?.evidence).toContainEqual({
      label: 'Most connections to 127.0.0.1:8080 at once',
      value: 64,
      unit: 'connections',
      source: 'ss -tn, 10 samples',
    });
  });

  it('is no small pool when keepalive_requests explains the connections', () => {
    const low = facts(complete('keepalive 64;\nkeepalive_requests 100;'), { requests: requestsFact(160_000) });
    expect(find(low)[0]).toMatchObject({ title: 'Pooled connections end after few requests', severity: 'warning' });
    expect(find(low)[0]?.explanation.slice(1)).toEqual([
      'nginx.conf:4: keepalive_requests 100 ends a pooled connection after so many requests.',
      expect.stringContaining('nginx closes first'),
      'Set keepalive_requests 1000 or more in the upstream block; the size of the pool is not the cause.',
    ]);
    expect(find({ ...low, requests: requestsFact(5357) })[0]?.title).toBe('The upstream pool is too small');
  });

  it('is arithmetic, nothing to fix, when a large keepalive_requests explains the connections', () => {
    const given = facts(complete('keepalive 64;'), { requests: requestsFact(1_600_000) });
    const [finding] = find(given);
    expect(finding).toMatchObject({ severity: 'info' });
    expect(finding?.explanation.slice(1)).toEqual([
      'nginx.conf:2: keepalive_requests 1000: 1,600,000 requests/s / 1000 = 1,600 closes/s, and 1,681 are seen.',
      'This is arithmetic, nothing to fix.',
    ]);
    const hundred = { ...given, 'nginx-process': runningNginx('nginx/1.18.0'), requests: requestsFact(160_000) };
    expect(find(hundred)[0]?.explanation[1]).toContain(
      'without keepalive_requests this nginx ends a pooled connection after 100',
    );
  });

  it('leaves open, while requests are not counted, whether keepalive_requests is the cause', () => {
    expect(find(facts(complete('keepalive 2;')))[0]?.notConcluded.at(-1)).toContain(
      'if nginx serves about 1,681,000/s, its keepalive_requests 1000 alone explains',
    );
    const counted = find(facts(complete('keepalive 2;'), { requests: requestsFact(5357) }));
    expect(counted[0]?.notConcluded.join()).not.toContain('if nginx serves');
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
