import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { addressNotAvailableRule } from '../../src/rules/address-not-available.ts';
import { connectedGroup, nginxLogFact, socketsFact, sysctlFact } from '../helpers/network-facts.ts';

const LAST =
  '2026/11/22 07:48:43 [crit] 1#1: *1 connect() to 127.0.0.1:8080 failed (99: Cannot assign requested address) while connecting to upstream';

function judge(facts: Facts) {
  return addressNotAvailableRule.evaluate({
    host: asHostName('web-1'),
    facts,
    thresholds: { minimum_recent_lines: 1 },
    at: 0,
  });
}

function log(recentLines: number, lines = 3637, last = LAST) {
  return nginxLogFact({ class: 'address-not-available', lines, recentLines, last });
}

describe('nginx being refused a local port', () => {
  it('is critical with the lines, the destination and the ports held now', () => {
    const sysctl = sysctlFact({ localPortRange: { low: 40_000, high: 41_000 }, tcpTwReuse: 0 });
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 1001)]);
    const [finding] = judge({ 'nginx-log': log(120), sysctl, sockets });
    expect(finding).toMatchObject({ severity: 'critical', groupKey: 'address-not-available:127.0.0.1:8080:true' });
    expect(finding?.explanation[0]).toContain(
      '127.0.0.1:8080 failed with (99: Cannot assign requested address): 120 lines in the last ten minutes, 3,637 in the lines read',
    );
    expect(finding?.explanation[1]).toContain('1,001 of 1,001 ports');
    expect(finding?.evidence).toContainEqual({
      label: 'Refused for want of a port, last 10 min',
      value: 120,
      unit: 'log lines',
      source: '/var/log/nginx/error.log',
    });
  });

  it('is past, and for information, when no line is recent', () => {
    expect(judge({ 'nginx-log': log(0) })).toMatchObject([
      { severity: 'info', groupKey: 'address-not-available:127.0.0.1:8080:false' },
    ]);
  });

  it('is not claimed for other errors of the log', () => {
    const refused = nginxLogFact({
      class: 'upstream-refused',
      lines: 9,
      recentLines: 9,
      last: 'connect() failed (111: Connection refused)',
    });
    expect(judge({ 'nginx-log': refused })).toEqual([]);
  });

  it('names no destination that the line does not name, and says what is not known', () => {
    const [finding] = judge({ 'nginx-log': log(1, 1, '(99: Address not available) while connecting to upstream') });
    expect(finding?.groupKey).toBe('address-not-available:unknown:true');
    expect(finding?.notConcluded.join(' ')).toContain('not known');
  });

  it('is not told with ports of another network namespace', () => {
    expect(addressNotAvailableRule.dependsOn).toEqual(['network-namespace']);
  });
});
