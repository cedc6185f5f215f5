import { describe, expect, it } from 'vitest';
import type { ConntrackFact } from '../../src/probes/conntrack/fact.ts';
import type { Facts } from '../../src/probes/registry.ts';
import type { SysctlFileEntry } from '../../src/probes/sysctl-files/fact.ts';
import { conntrackFullRule } from '../../src/rules/conntrack-full.ts';
import { orphanedFinWaitRule } from '../../src/rules/orphaned-fin-wait.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { timeWaitLimitRule } from '../../src/rules/time-wait-limit.ts';
import { timeWaitRecyclingRule } from '../../src/rules/time-wait-recycling.ts';
import { acceptedGroup, connectedGroup, socketsFact, sysctlFact, sysctlFilesFact } from '../helpers/network-facts.ts';
import { rates } from '../helpers/nginx-facts.ts';
import { conclusionsOf, findingIn } from '../helpers/rules.ts';

function setBy(key: string, value: string): Facts['sysctl-files'] & object {
  const entry: SysctlFileEntry = { file: '/etc/sysctl.d/99-tuning.conf', line: 3, key, value };
  return sysctlFilesFact({ entries: [entry, { ...entry, line: 4, key: 'net.ipv4.ip_local_port_range' }] });
}

function sockstat(timeWaitSockets: number): Facts['sockstat'] & object {
  return {
    timeWaitSockets,
    inUseSockets: 3,
    orphanSockets: 0,
    allocatedSockets: 10,
    memoryPages: 1,
    inUseSockets6: null,
  };
}

/** A namespace of its own makes every statement about its numbers void. */
const ELSEWHERE: Rule = {
  id: 'elsewhere',
  code: 'F0',
  title: 'elsewhere',
  needs: [],
  thresholds: {},
  evaluate: () => [
    {
      rule: 'elsewhere',
      severity: 'warning',
      title: 'nginx runs in another network namespace',
      explanation: [],
      evidence: [],
      notConcluded: [],
      confidence: 'high',
      groupKey: 'elsewhere',
      blocks: ['network-namespace'],
    },
  ],
};

describe('tcp_tw_recycle', () => {
  const on: Facts = {
    sysctl: sysctlFact({ tcpTwRecycle: 1 }),
    kernel: { release: '3.10.0-1160.el7.x86_64', major: 3, minor: 10, distribution: 'CentOS Linux 7 (Core)' },
    'sysctl-files': setBy('net.ipv4.tcp_tw_recycle', '1'),
  };

  it('is told with the line that sets it and the way out', () => {
    const finding = findingIn(on, timeWaitRecyclingRule);
    expect(finding).toMatchObject({ severity: 'warning', confidence: 'high' });
    expect(finding?.explanation[0]).toContain('tcp_tw_recycle is 1: the kernel drops a SYN');
    expect(finding?.explanation.at(-1)).toBe(
      'Set it to 0, which takes effect at once, and take it out of /etc/sysctl.d/99-tuning.conf:3.',
    );
    expect(finding?.evidence).toEqual(
      expect.arrayContaining([
        { label: 'tcp_tw_recycle', value: 1, source: '/proc/sys/net/ipv4/tcp_tw_recycle' },
        { label: 'Kernel', value: '3.10.0-1160.el7.x86_64', source: 'uname -r' },
        { label: 'Set at boot', value: 'net.ipv4.tcp_tw_recycle = 1', source: '/etc/sysctl.d/99-tuning.conf:3' },
      ]),
    );
    expect(finding?.notConcluded.join(' ')).toContain('the counters were not read');
  });

  it('is critical while SYN are dropped for it', () => {
    const finding = findingIn({ ...on, 'tcp-counters': rates({ PAWSPassive: 3.5 }) }, timeWaitRecyclingRule);
    expect(finding?.severity).toBe('critical');
    expect(finding?.explanation[1]).toBe('3.5 SYN/s are dropped for that now (PAWSPassive).');
    expect(findingIn({ ...on, 'tcp-counters': rates({ PAWSPassive: 0 }) }, timeWaitRecyclingRule)?.severity).toBe(
      'warning',
    );
  });

  it('is critical when one address brings most clients', () => {
    const sockets = socketsFact([
      acceptedGroup('ESTAB', '10.0.0.1:443', 90, '10.0.0.250'),
      acceptedGroup('ESTAB', '10.0.0.1:443', 4, '10.0.0.9'),
      acceptedGroup('ESTAB', '127.0.0.1:8080', 900),
    ]);
    const finding = findingIn({ ...on, sockets }, timeWaitRecyclingRule);
    expect(finding?.severity).toBe('critical');
    expect(finding?.explanation[1]).toBe(
      '90 accepted connections come from 10.0.0.250 alone: a load balancer or a NAT.',
    );
    const spread = socketsFact(
      Array.from({ length: 30 }, (_, i) => acceptedGroup('ESTAB', '10.0.0.1:443', 9, `10.1.0.${i}`)),
    );
    expect(findingIn({ ...on, sockets: spread }, timeWaitRecyclingRule)?.severity).toBe('warning');
  });

  it('has no effect without timestamps, and it is said', () => {
    const given = {
      ...on,
      sysctl: sysctlFact({ tcpTwRecycle: 1, tcpTimestamps: 0 }),
      'tcp-counters': rates({ PAWSPassive: 9 }),
    };
    const finding = findingIn(given, timeWaitRecyclingRule);
    expect(finding?.severity).toBe('warning');
    expect(finding?.explanation).toContain('With tcp_timestamps 0 it has no effect at present.');
  });

  it('is no matter where it is 0 or the kernel has no such key, whatever its version', () => {
    expect(findingIn({ ...on, sysctl: sysctlFact({ tcpTwRecycle: 0 }) }, timeWaitRecyclingRule)).toBeUndefined();
    expect(findingIn({ ...on, sysctl: sysctlFact() }, timeWaitRecyclingRule)).toBeUndefined();
  });
});

describe('the limit of TIME_WAIT', () => {
  const over: Facts = {
    'tcp-counters': { ...rates({ TCPTimeWaitOverflow: 2441 }), totals: { TCPTimeWaitOverflow: 48_825 } },
    sysctl: sysctlFact({ tcpMaxTwBuckets: 5000 }),
    sockstat: sockstat(5000),
    'sysctl-files': setBy('net.ipv4.tcp_max_tw_buckets', '5000'),
  };

  it('is told while connections skip TIME_WAIT for it', () => {
    const finding = findingIn(over, timeWaitLimitRule);
    expect(finding).toMatchObject({ severity: 'warning', confidence: 'high', groupKey: 'time-wait-limit:5000' });
    expect(finding?.explanation[0]).toBe(
      '2,441 connections/s are closed without TIME_WAIT because the limit of 5,000 (tcp_max_tw_buckets) is reached; 5,000 are held now.',
    );
    expect(finding?.explanation.at(-1)).toContain('It is set in /etc/sysctl.d/99-tuning.conf:3.');
    expect(finding?.evidence).toEqual(
      expect.arrayContaining([
        {
          label: 'Closed without TIME_WAIT (TCPTimeWaitOverflow)',
          value: 2441,
          unit: 'per second',
          source: '/proc/net/netstat, 2 samples 10 s apart',
        },
        { label: 'The same since boot', value: 48_825, unit: 'connections', source: '/proc/net/netstat' },
        { label: 'TIME_WAIT held', value: 5000, unit: 'sockets', source: '/proc/net/sockstat' },
      ]),
    );
    expect(finding?.notConcluded[0]).toContain('clears nothing and is no cure');
  });

  it('rests on the counter alone when the rest was not read', () => {
    const finding = findingIn({ 'tcp-counters': rates({ TCPTimeWaitOverflow: 3 }) }, timeWaitLimitRule);
    expect(finding?.explanation[0]).toBe('3 connections/s are closed without TIME_WAIT because the limit is reached.');
  });

  it('is no matter while the counter stands still, however low it is and whatever was once', () => {
    const still = { ...rates({ TCPTimeWaitOverflow: 0 }), totals: { TCPTimeWaitOverflow: 48_825 } };
    expect(findingIn({ ...over, 'tcp-counters': still }, timeWaitLimitRule)).toBeUndefined();
    expect(findingIn({ ...over, 'tcp-counters': rates({}) }, timeWaitLimitRule)).toBeUndefined();
  });

  it('is not judged from the numbers of another network namespace', () => {
    const { findings, notConcluded } = conclusionsOf(over, ELSEWHERE, timeWaitLimitRule);
    expect(findings.map(({ rule }) => rule)).toEqual(['elsewhere']);
    expect(notConcluded).toMatchObject([{ rule: 'time-wait-limit' }]);
  });
});

describe('orphaned FIN_WAIT_2', () => {
  const orphans: Facts = {
    sockstat: sockstat(3000),
    sockets: socketsFact([
      connectedGroup('TIME-WAIT', '10.0.0.9:80', 1000, '10.0.0.1'),
      acceptedGroup('FIN-WAIT-2', '10.0.0.1:443', 1990, '10.0.0.7'),
    ]),
    sysctl: sysctlFact({ tcpFinTimeoutSeconds: 60 }),
  };

  it('are told as what makes the kernel’s count larger', () => {
    const finding = findingIn(orphans, orphanedFinWaitRule);
    expect(finding).toMatchObject({ severity: 'info', confidence: 'high' });
    expect(finding?.explanation[0]).toBe(
      'The kernel counts 3,000 (sockstat tw), but only 1,000 sockets are in TIME_WAIT: about 2,000 of them are FIN_WAIT_2 that no process holds any more.',
    );
    expect(finding?.explanation[1]).toContain(
      'each of them stays 60 seconds, and here, unlike for TIME_WAIT, tcp_fin_timeout',
    );
    expect(finding?.evidence).toContainEqual({
      label: 'In FIN_WAIT_2',
      value: 1990,
      unit: 'sockets',
      source: 'ss -tan',
    });
  });

  it('are less sure when the difference is not seen as FIN_WAIT_2', () => {
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '10.0.0.9:80', 1000, '10.0.0.1')]);
    const finding = findingIn({ ...orphans, sockets }, orphanedFinWaitRule);
    expect(finding?.confidence).toBe('medium');
    expect(finding?.notConcluded.join(' ')).toContain('read one after the other');
  });

  it('are no matter when they are few, a small part, or may be sockets that were not listed', () => {
    const change = (counted: number, omittedSockets = 0) =>
      findingIn(
        {
          ...orphans,
          sockstat: sockstat(counted),
          sockets: socketsFact(orphans.sockets?.groups ?? [], { omittedSockets }),
        },
        orphanedFinWaitRule,
      );
    expect(change(1500)).toBeUndefined();
    expect(change(1501)).toBeDefined();
    expect(change(3000, 1600)).toBeUndefined();
    const many = socketsFact([connectedGroup('TIME-WAIT', '10.0.0.9:80', 9000, '10.0.0.1')]);
    expect(findingIn({ ...orphans, sockstat: sockstat(10_000), sockets: many }, orphanedFinWaitRule)).toBeUndefined();
  });
});

describe('the connection tracking table', () => {
  function table(entries: number, limit: number, fullLines: ConntrackFact['fullLines'] = null): Facts {
    return { conntrack: { table: { entries, limit, timeWaitSeconds: 120 }, fullLines } };
  }

  it('is a warning from four fifths on and critical near its limit', () => {
    expect(findingIn(table(799, 1000), conntrackFullRule)).toBeUndefined();
    expect(findingIn(table(800, 1000), conntrackFullRule)?.severity).toBe('warning');
    expect(findingIn(table(949, 1000), conntrackFullRule)?.severity).toBe('warning');
    expect(findingIn(table(950, 1000), conntrackFullRule)?.severity).toBe('critical');
  });

  it('shows its numbers and what they are not', () => {
    const finding = findingIn(table(58_982, 65_536), conntrackFullRule);
    expect(finding?.explanation[0]).toContain('58,982 of 65,536 entries are in use (90 %)');
    expect(finding?.explanation[1]).toContain('120 s for TIME_WAIT');
    expect(finding?.evidence).toContainEqual({
      label: 'Tracked connections',
      value: 58_982,
      unit: 'entries',
      source: '/proc/sys/net/netfilter/nf_conntrack_count',
    });
    expect(finding?.notConcluded).toEqual([
      expect.stringContaining('not sockets'),
      expect.stringContaining('may not read the kernel log'),
    ]);
  });

  it('is critical when the kernel dropped packets lately, even with room now', () => {
    const finding = findingIn(table(10, 1000, { lines: 14, recentLines: 9, source: 'dmesg' }), conntrackFullRule);
    expect(finding).toMatchObject({ severity: 'critical', title: 'The connection tracking table was full' });
    expect(finding?.explanation[1]).toContain('9 times in the last ten minutes');
    expect(
      findingIn(table(10, 1000, { lines: 14, recentLines: 0, source: 'dmesg' }), conntrackFullRule),
    ).toBeUndefined();
  });

  it('is no matter where connections are not tracked', () => {
    expect(findingIn({ conntrack: { table: null, fullLines: null } }, conntrackFullRule)).toBeUndefined();
    expect(conclusionsOf({}, conntrackFullRule).notConcluded[0]?.because).toContain('needs conntrack');
  });
});
