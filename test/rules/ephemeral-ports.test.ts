import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { ephemeralPortsRule } from '../../src/rules/ephemeral-ports.ts';
import { budgetPorts, portUses } from '../../src/rules/port-budget.ts';
import { acceptedGroup, connectedGroup, nginxLogFact, socketsFact, sysctlFact } from '../helpers/network-facts.ts';

const NARROW = sysctlFact({ localPortRange: { low: 40_000, high: 41_000 }, tcpTwReuse: 0 });
const THRESHOLDS = { warning_share: 0.5, critical_share: 0.8 };

function judge(facts: Facts, thresholds = THRESHOLDS) {
  return ephemeralPortsRule.evaluate({ host: asHostName('web-1'), facts, thresholds, at: 0 });
}

function refusals(recentLines: number, last: string) {
  return nginxLogFact({ class: 'address-not-available', lines: 3637, recentLines, last });
}

const REFUSED =
  '2026/11/22 07:48:43 [crit] 1#1: *1 connect() to 127.0.0.1:8080 failed (99: Cannot assign requested address) while connecting to upstream';

describe('ephemeral ports to one destination', () => {
  it('may be more than the range has, when it was narrowed meanwhile', () => {
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 1278)]);
    const [finding] = judge({ sockets, sysctl: NARROW });
    expect(finding?.explanation[1]).toContain('so 100 % are used');
    expect(finding?.explanation[2]).toContain('More ports are held than the range has now');
  });

  it('are gone when every port of the range is in TIME_WAIT and none may be reused', () => {
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 1001),
      acceptedGroup('TIME-WAIT', '127.0.0.1:8081', 20_000),
    ]);
    const [finding, ...others] = judge({ sockets, sysctl: NARROW });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      severity: 'critical',
      rule: 'ephemeral-ports',
      confidence: 'high',
      groupKey: 'ephemeral-ports:127.0.0.1:8080',
    });
    expect(finding?.explanation[0]).toBe(
      '1,001 of 1,001 ports from 127.0.0.1 to 127.0.0.1:8080 are held, 1,001 of them in TIME_WAIT (this host closed first); 0 can be taken now.',
    );
    expect(finding?.explanation[1]).toContain('tcp_tw_reuse is 0');
    expect(finding?.explanation[1]).toContain('more than 16.7 new connections per second');
    expect(finding?.evidence).toContainEqual({
      label: 'Ports held from 127.0.0.1 to 127.0.0.1:8080',
      value: 1001,
      unit: 'ports',
      source: 'ss -tan',
    });
    expect(finding?.notConcluded.join(' ')).toContain('Incoming connections');
  });

  it('are no concern while reuse is on for loopback: only connected and young TIME_WAIT ports count', () => {
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 900),
      connectedGroup('ESTAB', '127.0.0.1:8080', 50),
    ]);
    expect(judge({ sockets, sysctl: { ...NARROW, tcpTwReuse: 2 } })).toEqual([]);
    expect(portUses(sockets, { ...NARROW, tcpTwReuse: 2 }, undefined)[0]).toMatchObject({
      heldPorts: 950,
      blockedPorts: 65,
      reuse: true,
    });
  });

  it('count in full when reuse is on but timestamps are off, or the destination is not on loopback', () => {
    const local = socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 900)]);
    const remote = socketsFact([connectedGroup('TIME-WAIT', '10.0.0.9:8080', 900, '10.0.0.1')]);
    expect(
      judge({ sockets: local, sysctl: { ...NARROW, tcpTwReuse: 1, tcpTimestamps: 0 } })[0]?.explanation[1],
    ).toContain('tcp_timestamps is 0');
    expect(judge({ sockets: remote, sysctl: { ...NARROW, tcpTwReuse: 2 } })[0]?.explanation[1]).toContain(
      'for loopback only',
    );
    expect(judge({ sockets: remote, sysctl: { ...NARROW, tcpTwReuse: 1 } })).toEqual([]);
  });

  it('run out with reuse as well when more are opened per reuse delay than there are', () => {
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 950)]);
    const counters = { intervalSeconds: 10, totals: {}, perSecond: { ActiveOpens: 900 }, currentlyEstablished: 0 };
    const [finding] = judge({ sockets, sysctl: { ...NARROW, tcpTwReuse: 1 }, 'tcp-counters': counters });
    expect(finding).toMatchObject({ severity: 'critical' });
    expect(finding?.explanation[1]).toContain('900 ports count as used: 90 %');
  });

  it('warn from half of the range on, and not just below', () => {
    const sysctl = sysctlFact({ tcpTwReuse: 0 });
    const at = (ports: number) =>
      judge({ sockets: socketsFact([connectedGroup('ESTAB', '10.0.0.9:443', ports, '10.0.0.1')]), sysctl });
    expect(at(14_115)).toEqual([]);
    expect(at(14_116)).toMatchObject([{ severity: 'warning' }]);
    expect(at(22_586)).toMatchObject([{ severity: 'critical' }]);
  });

  it('never come from the accepting side, however many TIME_WAIT there are', () => {
    const sockets = socketsFact([
      acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 37_222),
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 35),
    ]);
    expect(judge({ sockets, sysctl: sysctlFact() })).toEqual([]);
  });

  it('are counted per source: two sources have a budget each', () => {
    const sockets = socketsFact([
      connectedGroup('ESTAB', '10.0.0.9:443', 400, '10.0.0.1'),
      connectedGroup('ESTAB', '10.0.0.9:443', 400, '10.0.0.2'),
    ]);
    expect(judge({ sockets, sysctl: NARROW })).toEqual([]);
  });

  it('are fewer by what is reserved inside the range', () => {
    const sysctl = {
      ...NARROW,
      reservedPorts: [
        { low: 1, high: 100 },
        { low: 40_500, high: 42_000 },
      ],
    };
    expect(budgetPorts(sysctl)).toBe(500);
    expect(judge({ sockets: socketsFact([connectedGroup('ESTAB', '10.0.0.9:443', 300)]), sysctl })).toMatchObject([
      { severity: 'warning' },
    ]);
  });

  it('are critical to the destination that nginx was refused in the last ten minutes', () => {
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 300),
      connectedGroup('TIME-WAIT', '127.0.0.1:8081', 300),
    ]);
    const [finding] = judge({ sockets, sysctl: NARROW, 'nginx-log': refusals(5, REFUSED) });
    expect(finding).toMatchObject({ severity: 'critical', groupKey: 'ephemeral-ports:127.0.0.1:8080' });
    expect(judge({ sockets, sysctl: NARROW, 'nginx-log': refusals(0, REFUSED) })).toEqual([]);
  });

  it('say when sockets were left out of the groups', () => {
    const sockets = socketsFact([connectedGroup('ESTAB', '127.0.0.1:8080', 900)], { omittedSockets: 12 });
    const [finding] = judge({ sockets, sysctl: NARROW });
    expect(finding?.confidence).toBe('medium');
    expect(finding?.notConcluded.join(' ')).toContain('12 sockets');
  });

  it('are judged by the thresholds that a runbook sets', () => {
    const sockets = socketsFact([connectedGroup('ESTAB', '127.0.0.1:8080', 300)]);
    expect(judge({ sockets, sysctl: NARROW }, { warning_share: 0.2, critical_share: 0.25 })).toMatchObject([
      { severity: 'critical' },
    ]);
  });
});
