import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/probes/registry.ts';
import { pressedDestinations, pressedName } from '../../../src/remedies/sysctl/port-pressure.ts';
import { refusalsStopped } from '../../../src/remedies/sysctl/refused-ports.ts';
import { connectedGroup, nginxLogFact, socketsFact, sysctlFact } from '../../helpers/network-facts.ts';
import { planInput, planOf } from '../../helpers/planning.ts';
import { planWidening } from '../../../src/remedies/widen-port-range/plan.ts';
import { listenersFact, sysctlFilesFact } from '../../helpers/network-facts.ts';

const SOURCE = '10.0.0.1';

function facts(timeWait: number, established = 0): Facts {
  return {
    sysctl: sysctlFact(),
    sockets: socketsFact([
      connectedGroup('TIME-WAIT', '10.0.0.5:8080', timeWait, SOURCE),
      connectedGroup('ESTAB', '10.0.0.5:8080', established, SOURCE),
      connectedGroup('TIME-WAIT', '10.0.0.9:5432', 10, SOURCE),
    ]),
  };
}

function logged(stamp: string, destination = '10.0.0.9:5432'): NonNullable<Facts['nginx-log']> {
  return nginxLogFact({
    class: 'address-not-available',
    lines: 9,
    recentLines: 9,
    last: `2026/11/23 ${stamp} [crit] 1#1: *7 connect() to ${destination} failed (99: Cannot assign requested address) while connecting to upstream`,
  });
}

describe('destinations whose ports run short', () => {
  it('are those that hold a tenth of the ports in whatever state', () => {
    expect(pressedDestinations(facts(2000, 823), undefined)).toEqual([]);
    expect(pressedDestinations(facts(2000, 824), undefined)).toMatchObject([
      { source: SOURCE, destination: '10.0.0.5:8080', loopback: false, heldPorts: 2824, timeWaitPorts: 2000 },
    ]);
  });

  it('include the one that nginx was refused a port to', () => {
    const found = pressedDestinations({ ...facts(0), 'nginx-log': logged('03:12:05') }, undefined);
    expect(found.map(pressedName)).toEqual(['10.0.0.1 to 10.0.0.9:5432']);
  });

  it('stay those that were approved, while the load comes and goes', () => {
    const more = { ...facts(20_000), 'sysctl-files': sysctlFilesFact(), listeners: listenersFact('0.0.0.0:80') };
    const approved = planOf(planWidening(planInput(more)));
    const idle = { sysctl: sysctlFact(), sockets: socketsFact([]) };
    expect(pressedDestinations(idle, approved)).toEqual([
      { source: SOURCE, destination: '10.0.0.5:8080', loopback: false, heldPorts: 0, timeWaitPorts: 0 },
    ]);
  });
});

describe('lines about refused ports after a change', () => {
  it('count when they go on for longer than a change takes', () => {
    const before = { 'nginx-log': logged('23:59:58') };
    expect(refusalsStopped(before, { 'nginx-log': logged('23:59:58') }).holds).toBe(true);
    expect(refusalsStopped(before, { 'nginx-log': logged('23:59:59') }).holds).toBe(true);
    const after = nginxLogFact({
      class: 'address-not-available',
      lines: 1,
      recentLines: 1,
      last: '2026/11/24 00:00:15 [crit] 1#1: *9 connect() to 10.0.0.9:5432 failed (99: Address not available)',
    });
    expect(refusalsStopped(before, { 'nginx-log': after })).toMatchObject({
      holds: false,
      statement: expect.stringContaining('2026/11/24 00:00:15'),
    });
    expect(refusalsStopped({}, { 'nginx-log': after }).holds).toBe(false);
  });

  it('do not decide when the log cannot be read', () => {
    expect(refusalsStopped({}, {}).statement).toContain('could not be read');
  });
});
