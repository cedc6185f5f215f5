import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { evaluateRules } from '../../src/rules/evaluate.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { upstreamNotPooledRule } from '../../src/rules/upstream-not-pooled.ts';
import {
  acceptedGroup,
  connectedGroup,
  listenersFact,
  nginxLogFact,
  socketsFact,
  sysctlFact,
} from '../helpers/network-facts.ts';
import { configOf, httpConfig, rates, requestsFact, runningNginx } from '../helpers/nginx-facts.ts';

const APP = '/etc/nginx/conf.d/app.conf';

/** nginx as it comes: an upstream without a pool, three servers, the upstream block on line 12. */
const STOCK = configOf({
  '/etc/nginx/nginx.conf': 'http { include conf.d/*.conf; }',
  [APP]: `${'\n'.repeat(11)}upstream app { server 127.0.0.1:8080; server 127.0.0.1:8081; server 127.0.0.1:8082; }\nserver { listen 80; location / { proxy_pass http://app; } }\n`,
});

/** The measured base case: 20 s of load, keep-alive clients, three local backends. */
const BASE: Facts = {
  sockets: socketsFact([
    acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 12_407),
    acceptedGroup('TIME-WAIT', '127.0.0.1:8081', 12_407),
    acceptedGroup('TIME-WAIT', '127.0.0.1:8082', 12_408),
    acceptedGroup('TIME-WAIT', '10.99.0.2:80', 666, '10.99.0.1'),
    connectedGroup('TIME-WAIT', '127.0.0.1:8080', 33),
    connectedGroup('ESTAB', '127.0.0.1:8080', 2),
    connectedGroup('TIME-WAIT', '127.0.0.1:8081', 2),
  ]),
  'tcp-counters': rates({ ActiveOpens: 4035, PassiveOpens: 4076 }),
  'nginx-config': STOCK,
  'nginx-process': runningNginx(),
  sysctl: sysctlFact(),
};

function find(facts: Facts): readonly Finding[] {
  return evaluateRules({
    host: asHostName('web-1'),
    facts,
    at: 0,
    rules: [{ rule: upstreamNotPooledRule, thresholds: {} }],
  }).findings;
}

describe('upstream connections that are not pooled', () => {
  it('are told with the counts by who closed, the line to blame, and what it is not', () => {
    const [finding, ...more] = find(BASE);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      severity: 'warning',
      confidence: 'high',
      title: 'Upstream connections are not pooled',
    });
    expect(finding?.explanation.slice(0, 2)).toEqual([
      '4,035 new outgoing connections/s; 37,257 TIME_WAIT on 127.0.0.1:8080-8082: 37,222 closed by the backends, 35 by nginx.',
      'conf.d/app.conf:12: upstream "app" has no keepalive.',
    ]);
    expect(finding?.notConcluded).toEqual([
      'This is not port exhaustion: nginx holds 35 of 28,232 ports to its busiest backend.',
    ]);
  });

  it('are compared with requests where these are counted, and told what a pool needs', () => {
    const [finding] = find({ ...BASE, requests: requestsFact(4022, 41) });
    expect(finding?.explanation[0]).toContain(
      '4,035 new outgoing connections/s for 4,022 requests/s; 37,257 TIME_WAIT',
    );
    expect(finding?.explanation[3]).toContain('keepalive in the upstream block, proxy_http_version 1.1 and an empty');
    expect(finding?.evidence).toContainEqual({
      label: 'TIME_WAIT that so many connections explain',
      value: 242_100,
      unit: 'sockets',
      source: 'new outgoing connections/s × 60 s',
    });
  });

  it('count at a low rate, too, when each request opens one', () => {
    const slow = { ...BASE, 'tcp-counters': rates({ ActiveOpens: 30 }) };
    expect(find(slow)).toEqual([]);
    expect(find({ ...slow, requests: requestsFact(30) })).toHaveLength(1);
    expect(find({ ...slow, requests: requestsFact(300) })).toEqual([]);
  });

  it('are told of backends that get a part of the requests', () => {
    const [finding] = find({ ...BASE, requests: requestsFact(20_000) });
    expect(finding?.explanation[2]).toContain('A request to these backends, a part of all,');
  });

  it('are not guessed from sockets when most requests open none', () => {
    const { 'nginx-config': _, ...facts } = BASE;
    expect(find({ ...facts, requests: requestsFact(4022) })).toHaveLength(1);
    expect(find({ ...facts, requests: requestsFact(20_000) })).toEqual([]);
  });

  it('carry every number as evidence with its source', () => {
    expect(find(BASE)[0]?.evidence).toEqual(
      expect.arrayContaining([
        {
          label: 'New outgoing connections',
          value: 4035,
          unit: 'per second',
          source: '/proc/net/snmp, 2 samples 10 s apart',
        },
        {
          label: 'TIME_WAIT of 127.0.0.1:8080, closed by the backend',
          value: 12_407,
          unit: 'sockets',
          source: 'ss -tan',
        },
        { label: 'TIME_WAIT of 127.0.0.1:8080, closed by nginx', value: 33, unit: 'sockets', source: 'ss -tan' },
        { label: 'nginx configuration', value: 'upstream "app" has no keepalive', source: `${APP}:12` },
      ]),
    );
  });

  it('are grouped over hosts by the line to blame, not by the numbers', () => {
    const other: Facts = { ...BASE, 'tcp-counters': rates({ ActiveOpens: 900 }) };
    expect(find(other)[0]?.groupKey).toBe(find(BASE)[0]?.groupKey);
    const elsewhere: Facts = {
      ...BASE,
      'nginx-config': httpConfig(
        'upstream app { server 127.0.0.1:8080; } server { location / { proxy_pass http://app; } }',
      ),
    };
    expect(find(elsewhere)[0]?.groupKey).not.toBe(find(BASE)[0]?.groupKey);
  });

  it('blame a literal proxy_pass, which nginx never pools', () => {
    const literal = httpConfig('server { location / {\nproxy_pass http://127.0.0.1:8080; } }');
    expect(find({ ...BASE, 'nginx-config': literal })[0]?.explanation[1]).toBe(
      'nginx.conf:3: proxy_pass http://127.0.0.1:8080 names an address instead of an upstream block, which nginx never pools.',
    );
  });

  it('of a remote backend are seen by the connections that nginx closed', () => {
    const remote = httpConfig(
      'upstream app { server 10.0.0.9:8080; } server { location / { proxy_pass http://app; } }',
    );
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '10.0.0.9:8080', 3000, '10.0.0.1')]);
    expect(find({ ...BASE, 'nginx-config': remote, sockets })[0]?.explanation[0]).toContain(
      '3,000 TIME_WAIT on 10.0.0.9:8080: 0 closed by the backends, 3,000 by nginx',
    );
  });

  it('are critical when the ports to a backend run out', () => {
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 20_000)]);
    const [finding] = find({ ...BASE, sockets, sysctl: sysctlFact({ tcpTwReuse: 0 }) });
    expect(finding).toMatchObject({ severity: 'critical', notConcluded: [] });
  });

  it('are critical when nginx was refused a port lately', () => {
    const entry = { class: 'address-not-available', lines: 9, recentLines: 9, last: '(99: …)' } as const;
    expect(find({ ...BASE, 'nginx-log': nginxLogFact(entry) })[0]?.severity).toBe('critical');
    expect(find({ ...BASE, 'nginx-log': nginxLogFact({ ...entry, recentLines: 0 }) })[0]?.severity).toBe('warning');
  });

  it('rest on the sockets alone, with less confidence, when the configuration could not be read', () => {
    const { 'nginx-config': _, ...facts } = BASE;
    const [finding] = find(facts);
    expect(finding).toMatchObject({ confidence: 'medium', title: 'Upstream connections are probably not pooled' });
    expect(finding?.explanation[0]).toContain('37,257 TIME_WAIT on 127.0.0.1:8080-8082');
  });

  it('name outgoing TIME_WAIT that are another process’s', () => {
    const sockets = socketsFact([...(BASE.sockets?.groups ?? []), connectedGroup('TIME-WAIT', '10.0.0.5:5432', 4000)]);
    expect(find({ ...BASE, sockets })[0]?.notConcluded[1]).toContain(
      '4,000 TIME_WAIT to 10.0.0.5:5432 are not of these backends',
    );
  });
});

describe('nothing is said of upstream connections', () => {
  const pooled = httpConfig(
    'upstream app { server 127.0.0.1:8080; keepalive 32; } server { location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }',
  );

  it('on a healthy pooled host', () => {
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 198),
      connectedGroup('ESTAB', '127.0.0.1:8080', 32),
    ]);
    expect(find({ ...BASE, 'nginx-config': pooled, sockets, 'tcp-counters': rates({ ActiveOpens: 13 }) })).toEqual([]);
  });

  it('when an upstream that pools is busy and others open the connections', () => {
    expect(find({ ...BASE, 'nginx-config': pooled })).toEqual([]);
  });

  it('from 1.29.7 on, where an explicit upstream is pooled without a directive', () => {
    expect(find({ ...BASE, 'nginx-process': runningNginx('nginx/1.29.7') })).toEqual([]);
    expect(find({ ...BASE, 'nginx-process': runningNginx('nginx/1.29.6') })).toHaveLength(1);
  });

  it('below the threshold of opens per second', () => {
    expect(find({ ...BASE, 'tcp-counters': rates({ ActiveOpens: 49 }) })).toEqual([]);
  });

  it('when few TIME_WAIT are the backends’ and they are a minor part', () => {
    const sockets = socketsFact([
      acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 999),
      acceptedGroup('TIME-WAIT', '10.99.0.2:80', 1001, '10.99.0.1'),
    ]);
    expect(find({ ...BASE, sockets })).toEqual([]);
    const major = socketsFact([
      acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 999),
      acceptedGroup('TIME-WAIT', '10.99.0.2:80', 999, '10.99.0.1'),
    ]);
    expect(find({ ...BASE, sockets: major })).toHaveLength(1);
  });

  it('when TIME_WAIT belong to ports that nginx does not proxy to', () => {
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '10.0.0.5:5432', 20_000)]);
    expect(find({ ...BASE, sockets })).toEqual([]);
  });

  it('when nginx does not run', () => {
    expect(find({ ...BASE, 'nginx-process': { masters: [] } })).toEqual([]);
  });

  it('without configuration, of the web’s ports and of clients from elsewhere', () => {
    const { 'nginx-config': _, ...facts } = BASE;
    const sockets = socketsFact([
      acceptedGroup('TIME-WAIT', '127.0.0.1:80', 9000),
      acceptedGroup('TIME-WAIT', '10.0.0.1:8080', 9000, '10.9.9.9'),
    ]);
    expect(find({ ...facts, sockets, listeners: listenersFact('0.0.0.0:8080') })).toEqual([]);
  });
});
