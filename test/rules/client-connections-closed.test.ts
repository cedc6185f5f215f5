import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { clientConnectionsClosedRule } from '../../src/rules/client-connections-closed.ts';
import { evaluateRules } from '../../src/rules/evaluate.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { acceptedGroup, connectedGroup, listenersFact, socketsFact } from '../helpers/network-facts.ts';
import { httpConfig, rates, requestsFact, runningNginx } from '../helpers/nginx-facts.ts';

const UNPOOLED =
  'upstream app { server 127.0.0.1:8080; }\nserver { listen 80; listen 443; location / { proxy_pass http://app; } }\n';

function facts(timeWait: number, change: Partial<Facts> = {}): Facts {
  return {
    sockets: socketsFact([
      acceptedGroup('TIME-WAIT', '10.99.0.2:80', timeWait, '10.99.0.1'),
      acceptedGroup('ESTAB', '10.99.0.2:80', 64, '10.99.0.1'),
    ]),
    'nginx-config': httpConfig(UNPOOLED),
    'nginx-process': runningNginx(),
    ...change,
  };
}

function find(given: Facts): Finding {
  const { findings } = evaluateRules({
    host: asHostName('web-1'),
    facts: given,
    at: 0,
    rules: [{ rule: clientConnectionsClosedRule, thresholds: {} }],
  });
  expect(findings).toHaveLength(1);
  return findings[0]!;
}

describe('TIME_WAIT on nginx’s own ports', () => {
  it('are arithmetic on a busy healthy host, and it is told so', () => {
    const finding = find(facts(666));
    expect(finding).toMatchObject({ severity: 'info', confidence: 'high' });
    expect(finding.explanation).toEqual([
      '666 TIME_WAIT on :80 are what 11 closes/s explain: this is arithmetic, nothing to fix.',
    ]);
    expect(finding.notConcluded[0]).toContain('no ephemeral port, no file descriptor');
  });

  it('are told with the number that the traffic alone explains, where requests are counted', () => {
    const config = httpConfig(`keepalive_requests 1000;\n${UNPOOLED}`);
    const finding = find(facts(1750, { 'nginx-config': config, requests: requestsFact(30_000, 30) }));
    // One client address: 1,800 by closes alone, a little fewer since it picks some ports again.
    expect(finding).toMatchObject({ severity: 'info' });
    expect(finding.explanation).toEqual([
      '1,750 TIME_WAIT on :80 are what 29 closes/s explain: this is arithmetic, nothing to fix.',
      '30,000 requests/s with keepalive_requests 1000 alone explain 1,690 TIME_WAIT (nginx.conf:2: 1000).',
    ]);
    expect(finding.evidence).toEqual(
      expect.arrayContaining([
        {
          label: 'TIME_WAIT that the traffic alone explains',
          value: 1690,
          unit: 'sockets',
          source: 'requests/s / keepalive_requests × 60 s',
        },
        {
          label: 'Requests',
          value: 30_000,
          unit: 'per second',
          source: 'http://127.0.0.1:80/status, 2 samples 5 s apart',
        },
      ]),
    );
  });

  it('name clients that reuse nothing, also where their number is harmless', () => {
    const finding = find(facts(5400, { requests: requestsFact(90, 90) }));
    expect(finding).toMatchObject({ severity: 'info' });
    expect(finding.explanation[0]).toContain('are what 90 closes/s explain: harmless at this rate.');
    expect(finding.explanation.at(-1)).toContain(
      '90 client connections/s for 90 requests/s: clients send one request per',
    );
    expect(finding.explanation.at(-1)).toContain('cured there, not in nginx');
  });

  it('are judged by the connections that come now, where nginx is known to close them', () => {
    const config = httpConfig(`keepalive_timeout 0;\n${UNPOOLED}`);
    const finding = find(facts(1823, { 'nginx-config': config, requests: requestsFact(150, 150) }));
    expect(finding.severity).toBe('warning');
    expect(finding.explanation).toEqual([
      '1,823 TIME_WAIT on :80: nginx closes 150 client connections/s.',
      'nginx.conf:2: keepalive_timeout 0 makes nginx close after every response.',
      'Give it 65 to 75 s there, so that clients can reuse their connections.',
    ]);
  });

  it('name a low keepalive_requests, also where it is harmless', () => {
    const config = httpConfig(`keepalive_requests 20;\n${UNPOOLED}`);
    const finding = find(facts(600, { 'nginx-config': config, requests: requestsFact(200, 10) }));
    expect(finding).toMatchObject({ severity: 'info' });
    expect(finding.explanation).toEqual([
      '600 TIME_WAIT on :80 are what 10 closes/s explain: harmless at this rate.',
      'keepalive_requests is the cause (nginx.conf:2: 20): 200 requests/s / 20 = 10 closes/s, and 10 are seen.',
    ]);
  });

  it('may be left from traffic that is over', () => {
    const finding = find(facts(2454, { requests: requestsFact(100, 0) }));
    expect(finding.explanation.at(-1)).toBe(
      'Now 0 client connections/s come in: most of them are left from the last 60 s.',
    );
  });

  it('are fine on a quiet host, with their number', () => {
    const finding = find(facts(3));
    expect(finding).toMatchObject({ severity: 'ok', explanation: ['3 TIME_WAIT on :80 and :443; nothing to fix.'] });
  });

  it('are worth a question from 100 closes per second on', () => {
    expect(find(facts(5999)).severity).toBe('info');
    expect(find(facts(6000)).severity).toBe('warning');
  });

  it('show who the clients are, what limits a connection, and how many come', () => {
    const config = httpConfig(`keepalive_requests 100; keepalive_timeout 75s;\n${UNPOOLED}`);
    const { evidence } = find(facts(666, { 'nginx-config': config, 'tcp-counters': rates({ PassiveOpens: 41 }) }));
    expect(evidence).toEqual(
      expect.arrayContaining([
        { label: 'TIME_WAIT of client 10.99.0.1', value: 666, unit: 'sockets', source: 'ss -tan' },
        {
          label: 'New incoming connections, all ports',
          value: 41,
          unit: 'per second',
          source: '/proc/net/snmp, 2 samples 10 s apart',
        },
        { label: 'keepalive_requests for clients', value: 100, unit: 'requests', source: 'nginx.conf:2: 100' },
        { label: 'keepalive_timeout for clients', value: 75, unit: 's', source: '/etc/nginx/nginx.conf:2' },
      ]),
    );
  });

  it('say "at least" when one client address has few ports left', () => {
    expect(find(facts(13_764)).explanation[0]).toBe(
      '13,764 TIME_WAIT on :80: nginx closes at least 229 client connections/s.',
    );
    const many = Array.from({ length: 50 }, (_, i) => acceptedGroup('TIME-WAIT', '10.99.0.2:80', 300, `10.1.0.${i}`));
    expect(find(facts(0, { sockets: socketsFact(many) })).explanation[0]).toBe(
      '15,000 TIME_WAIT on :80: nginx closes 250 client connections/s.',
    );
  });

  it('do not count connections that a backend on this host accepted, though an nginx listens there', () => {
    const config = httpConfig(`${UNPOOLED} server { listen 127.0.0.1:8080; }`);
    const sockets = socketsFact([acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 9000)]);
    expect(find(facts(0, { 'nginx-config': config, sockets })).severity).toBe('ok');
  });

  it('are judged by who listens when the configuration could not be read', () => {
    const listeners = {
      ...listenersFact(),
      listeners: [
        {
          address: '0.0.0.0',
          port: 8443,
          acceptQueue: 0,
          acceptQueueLimit: 511,
          processes: [{ name: 'nginx', pid: 1 }],
        },
      ],
    };
    const { 'nginx-config': _, ...rest } = facts(0, {
      listeners,
      sockets: socketsFact([acceptedGroup('TIME-WAIT', '10.99.0.2:8443', 666, '10.99.0.1')]),
    });
    expect(find(rest)).toMatchObject({ severity: 'info', confidence: 'medium' });
  });

  it('are not looked for when nginx does not run', () => {
    const given = facts(666, { 'nginx-process': { masters: [] } });
    expect(
      evaluateRules({
        host: asHostName('web-1'),
        facts: given,
        at: 0,
        rules: [{ rule: clientConnectionsClosedRule, thresholds: {} }],
      }).findings,
    ).toEqual([]);
  });
});

describe('the cause of many closed client connections', () => {
  const backends = [
    acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 30_000),
    connectedGroup('TIME-WAIT', '127.0.0.1:8080', 30),
  ];
  const client = acceptedGroup('TIME-WAIT', '10.99.0.2:80', 6600, '10.99.0.1');
  const busy = (opens: number, accepts: number, http = ''): Facts =>
    facts(0, {
      sockets: socketsFact([client, ...backends]),
      'tcp-counters': rates({ ActiveOpens: opens, PassiveOpens: accepts }),
      'nginx-config': httpConfig(`${http}\n${UNPOOLED}`),
    });

  it('is keepalive_requests when closes are requests divided by it', () => {
    expect(find(busy(11_000, 11_110, 'keepalive_requests 100;')).explanation[1]).toBe(
      'keepalive_requests is the cause (nginx.conf:2: 100): 11,000 requests/s / 100 = 110 closes/s, and 110 are seen.',
    );
  });

  it('is decided by counted requests and connections, with pooled backends, too', () => {
    const pooled = (http: string) =>
      httpConfig(
        `${http} upstream app { server 127.0.0.1:8080; keepalive 32; }\nserver { listen 80; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
      );
    const given = (http: string, requests: number, accepts: number) =>
      find({ ...busy(10, 200), 'nginx-config': pooled(http), requests: requestsFact(requests, accepts) });
    expect(given('keepalive_requests 20;', 2200, 110).explanation.slice(1)).toEqual([
      'keepalive_requests is the cause (nginx.conf:2: 20): 2,200 requests/s / 20 = 110 closes/s, and 110 are seen.',
      'Set keepalive_requests 1000 or more there.',
    ]);
    expect(given('', 110, 110).groupKey).toMatch(/clients$/);
    expect(given('', 5000, 110).groupKey).toMatch(/idle$/);
    expect(given('', 0, 0).explanation[1]).toContain('Hardly a request comes in now');
  });

  it('is arithmetic, and nothing to fix, when a large keepalive_requests explains it', () => {
    const finding = find({
      ...busy(10, 200),
      'nginx-config': httpConfig(`keepalive_requests 1000;\n${UNPOOLED}`),
      requests: requestsFact(110_000, 110),
    });
    expect(finding).toMatchObject({ severity: 'info' });
    expect(finding.explanation.at(-1)).toBe('This is arithmetic, nothing to fix.');
  });

  it('is the default of the version when the configuration does not say', () => {
    const given = busy(11_000, 11_110);
    expect(find({ ...given, 'nginx-process': runningNginx('nginx/1.18.0') }).groupKey).toMatch(/request-limit$/);
    expect(find({ ...given, 'nginx-process': runningNginx('nginx/1.22.1') }).groupKey).not.toMatch(/request-limit$/);
  });

  it('is the clients when there are as many connections as requests', () => {
    const [, cause] = find(busy(3516, 7035)).explanation;
    expect(cause).toContain('3,519 client connections/s for 3,516 requests/s: clients send one request per connection');
    expect(cause).toContain('cured there, not in nginx');
  });

  it('is keepalive_timeout 0 when that is configured', () => {
    expect(find(busy(11_000, 11_110, 'keepalive_timeout 0;')).explanation[1]).toBe(
      'nginx.conf:2: keepalive_timeout 0 makes nginx close after every response.',
    );
  });

  it('is idle time or a lack of connections when neither fits', () => {
    expect(find(busy(11_000, 12_000, 'keepalive_requests 100000;')).groupKey).toMatch(/idle$/);
  });

  it('stays open, with the rates that would decide it, while requests are not known', () => {
    const pooled = httpConfig(
      'keepalive_requests 1000; upstream app { server 127.0.0.1:8080; keepalive 32; }\nserver { listen 80; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }',
    );
    const finding = find({ ...busy(10, 200), 'nginx-config': pooled });
    expect(finding.groupKey).toMatch(/undecided$/);
    expect(finding.explanation[1]).toContain(
      'If nginx serves about 110,000 requests/s, keepalive_requests is the cause (nginx.conf:2: 1000); if it serves about 110 requests/s, clients',
    );
  });
});
