import { describe, expect, it } from 'vitest';
import type { Listener } from '../../src/probes/listeners/fact.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { acceptQueueRule } from '../../src/rules/accept-queue.ts';
import { synCookiesRule } from '../../src/rules/syn-cookies.ts';
import { sysctlFact } from '../helpers/network-facts.ts';
import { httpConfig, rates } from '../helpers/nginx-facts.ts';
import { conclusionsOf, findingIn } from '../helpers/rules.ts';

function listener(waiting: number | null, room: number | null, change: Partial<Listener> = {}): Listener {
  return {
    address: '127.0.0.1',
    port: 8080,
    acceptQueue: waiting,
    acceptQueueLimit: room,
    processes: [{ name: 'node', pid: 7 }],
    ...change,
  };
}

function listening(...listeners: readonly Listener[]): Facts {
  return { listeners: { listeners, hostAddresses: [] }, sysctl: sysctlFact({ somaxconn: 4096 }) };
}

describe('an accept queue', () => {
  it('that is full is told with its listener, its room, and which limit holds', () => {
    const finding = findingIn(listening(listener(6, 5), listener(0, 511, { port: 80 })), acceptQueueRule);
    expect(finding).toMatchObject({ severity: 'warning', confidence: 'high', groupKey: 'accept-queue:8080' });
    expect(finding?.explanation[0]).toBe(
      'On 127.0.0.1:8080 (node) 6 connections wait to be accepted, and its queue has room for 5.',
    );
    expect(finding?.explanation[1]).toContain('its backlog of 5 is too small for bursts');
    expect(finding?.evidence.slice(0, 2)).toEqual([
      { label: 'Waiting on 127.0.0.1:8080 (Recv-Q)', value: 6, unit: 'connections', source: 'ss -tln' },
      { label: 'Queue of 127.0.0.1:8080 (Send-Q)', value: 5, unit: 'connections', source: 'ss -tln' },
    ]);
    expect(finding?.notConcluded[0]).toContain('not a TIME_WAIT problem');
  });

  it('of nginx is blamed on the line that listens', () => {
    const facts: Facts = {
      ...listening(listener(512, 511, { address: '0.0.0.0', port: 80 })),
      'nginx-config': httpConfig('server {\nlisten 80;\n}'),
    };
    const finding = findingIn(facts, acceptQueueRule);
    expect(finding?.explanation[1]).toContain('The service behind 0.0.0.0:80 (nginx.conf:3) accepts too slowly');
    expect(finding?.evidence).toContainEqual({
      label: 'nginx configuration',
      value: 'listens on 0.0.0.0:80',
      source: '/etc/nginx/nginx.conf:3',
    });
  });

  it('as long as somaxconn allows is not cured by a longer one', () => {
    const finding = findingIn(listening(listener(4097, 4096)), acceptQueueRule);
    expect(finding?.explanation[1]).toContain(
      'as long as net.core.somaxconn 4,096 allows, so a longer one only hides it',
    );
  });

  it('that overflows is critical by its rate, also when none is full at the moment', () => {
    const facts = { ...listening(listener(0, 511)), 'tcp-counters': rates({ ListenOverflows: 40, ListenDrops: 41 }) };
    const finding = findingIn(facts, acceptQueueRule);
    expect(finding).toMatchObject({ severity: 'critical', title: 'Accept queue overflows', confidence: 'high' });
    expect(finding?.explanation[0]).toContain(
      '40 connections/s overflowed a queue and 41/s were dropped in all, over 10 s',
    );
    expect(finding?.explanation[1]).toContain('No queue was full at the moment of looking');
    const slow = { ...facts, 'tcp-counters': rates({ ListenOverflows: 0.2, ListenDrops: 0.2 }) };
    expect(findingIn(slow, acceptQueueRule)?.severity).toBe('warning');
  });

  it('is not blamed for drops that have another reason', () => {
    const facts = { ...listening(listener(0, 511)), 'tcp-counters': rates({ ListenOverflows: 0, ListenDrops: 3 }) };
    const finding = findingIn(facts, acceptQueueRule);
    expect(finding).toMatchObject({ title: 'The kernel drops new connections', confidence: 'medium' });
    expect(finding?.explanation[1]).toContain('there is another reason');
  });

  it('without room at all is full with the first connection', () => {
    expect(findingIn(listening(listener(1, 0)), acceptQueueRule)).toBeDefined();
    expect(findingIn(listening(listener(0, 0)), acceptQueueRule)).toBeUndefined();
  });

  it('is no matter while there is room and nothing is dropped, or the tool does not tell', () => {
    const quiet = { ...listening(listener(3, 511)), 'tcp-counters': rates({ ListenOverflows: 0, ListenDrops: 0 }) };
    expect(findingIn(quiet, acceptQueueRule)).toBeUndefined();
    expect(findingIn(listening(listener(null, null)), acceptQueueRule)).toBeUndefined();
    expect(conclusionsOf({}, acceptQueueRule).notConcluded[0]?.because).toContain('needs listeners');
  });
});

describe('SYN cookies', () => {
  const facts = (counters: Parameters<typeof rates>[0], tcpSyncookies = 1): Facts => ({
    'tcp-counters': rates(counters),
    sysctl: sysctlFact({ tcpSyncookies, tcpMaxSynBacklog: 2048 }),
  });

  it('that are sent are told with their rate and what comes back', () => {
    const finding = findingIn(facts({ SyncookiesSent: 900, SyncookiesRecv: 12 }), synCookiesRule);
    expect(finding).toMatchObject({ severity: 'warning', confidence: 'medium' });
    expect(finding?.explanation[0]).toContain('900 SYN cookies/s are sent');
    expect(finding?.explanation[1]).toContain('looks like a SYN flood');
    expect(finding?.explanation.at(-1)).toContain('tcp_max_syn_backlog 2,048');
    expect(finding?.notConcluded.join(' ')).toContain('nothing to do with TIME_WAIT');
  });

  it('that come back are of clients', () => {
    const finding = findingIn(facts({ SyncookiesSent: 900, SyncookiesRecv: 890 }), synCookiesRule);
    expect(finding?.explanation[1]).toContain('these are clients');
  });

  it('that are off leave dropped SYN, and it is said', () => {
    const finding = findingIn(facts({ SyncookiesSent: 0, TCPReqQFullDrop: 55 }, 0), synCookiesRule);
    expect(finding?.title).toBe('The SYN queue overflows and SYN are dropped');
    expect(finding?.explanation[0]).toBe('55 SYN/s are dropped, since tcp_syncookies is 0: set it to 1.');
  });

  it('are no matter when none are sent, or always are', () => {
    expect(findingIn(facts({ SyncookiesSent: 0 }), synCookiesRule)).toBeUndefined();
    expect(findingIn(facts({}), synCookiesRule)).toBeUndefined();
    expect(findingIn(facts({ SyncookiesSent: 900, SyncookiesRecv: 900 }, 2), synCookiesRule)).toBeUndefined();
    expect(conclusionsOf({}, synCookiesRule).notConcluded[0]?.because).toContain('needs tcp-counters');
  });
});
