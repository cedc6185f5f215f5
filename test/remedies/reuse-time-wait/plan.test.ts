import { describe, expect, it } from 'vitest';
import type { PeerTimestampsFact } from '../../../src/probes/peer-timestamps/fact.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import type { SocketsFact } from '../../../src/probes/sockets/fact.ts';
import type { SysctlFact } from '../../../src/probes/sysctl/fact.ts';
import { planReuse } from '../../../src/remedies/reuse-time-wait/plan.ts';
import { connectedGroup, socketsFact, sysctlFact, sysctlFilesFact } from '../../helpers/network-facts.ts';
import { planInput, planOf } from '../../helpers/planning.ts';

const KEY = 'net.ipv4.tcp_tw_reuse';

function remote(timeWait = 20_000): SocketsFact {
  return socketsFact([connectedGroup('TIME-WAIT', '10.0.0.5:8080', timeWait, '10.0.0.1')]);
}

const LOCAL = socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 20_000)]);

function peers(withTimestamps: number, withoutTimestamps: number): PeerTimestampsFact {
  return {
    peers: [{ address: '10.0.0.5', port: 8080, withTimestamps, withoutTimestamps }],
    omittedDestinations: 0,
  };
}

function facts(sysctl: Partial<SysctlFact> = {}, changes: Facts = {}): Facts {
  return {
    sysctl: sysctlFact(sysctl),
    'sysctl-files': sysctlFilesFact(),
    sockets: remote(),
    kernel: { release: '6.18.44', major: 6, minor: 18, distribution: null },
    ...changes,
  };
}

const SEEN = { 'peer-timestamps': peers(3, 0) };

describe('reusing ports in TIME_WAIT', () => {
  it('turns tcp_tw_reuse to 1 for a remote destination whose ports run short, now and at boot', () => {
    const { actions, predicted, targets, proof, confirm, basis } = planOf(planReuse(planInput(facts({}, SEEN))));
    expect(actions).toMatchObject([
      { kind: 'sysctl', key: KEY, before: '2', after: '1' },
      {
        kind: 'file',
        after: expect.stringContaining(
          `# Change 41-1: outgoing connections may take over their ports in TIME_WAIT\n${KEY} = 1\n`,
        ),
      },
    ]);
    expect(predicted[0]).toContain('470 → 28,232 new connections/s that 28,232 ports carry to one destination');
    expect(predicted[1]).toContain(
      '10.0.0.1 to 10.0.0.5:8080: 20,000 of 28,232 ports are held, 20,000 of them in TIME_WAIT',
    );
    expect(predicted[2]).toContain('The number of TIME_WAIT does not fall');
    expect(targets).toEqual({ sustainableOpensPerSecond: 28_232 });
    expect(proof.join(' ')).toContain('TWRecycled rises');
    expect(confirm).toBeUndefined();
    expect(basis).toMatchObject({ destinations: ['10.0.0.1 to 10.0.0.5:8080'], tcpTwReuse: 2, tcpTimestamps: 1 });
  });

  it('counts with the reuse delay of the host', () => {
    const { predicted } = planOf(planReuse(planInput(facts({ tcpTwReuseDelayMs: 2000 }, SEEN))));
    expect(predicted[0]).toContain('470 → 14,116 new connections/s');
  });

  it('plans the same again while the load comes and goes', () => {
    const plan = planOf(planReuse(planInput(facts({}, SEEN))));
    const again = planOf(planReuse(planInput(facts({}, { ...SEEN, sockets: remote(3) }), plan)));
    expect({ actions: again.actions, basis: again.basis }).toEqual({ actions: plan.actions, basis: plan.basis });
  });

  it('is refused without timestamps on this end', () => {
    for (const tcpTimestamps of [0, null]) {
      expect(planReuse(planInput(facts({ tcpTimestamps }, SEEN)))).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('does nothing without timestamps'),
      });
    }
  });

  it('is refused when the other end sends no timestamps, and asks for a second look when that was not seen', () => {
    expect(planReuse(planInput(facts({}, { 'peer-timestamps': peers(0, 4) })))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('10.0.0.5:8080 sends no TCP timestamps'),
    });
    for (const unseen of [{}, { 'peer-timestamps': { peers: [], omittedDestinations: 0 } }]) {
      expect(planOf(planReuse(planInput(facts({}, unseen)))).confirm).toEqual([
        expect.stringContaining('No connection to 10.0.0.5:8080 was seen long enough'),
      ]);
    }
  });

  it('says which of several destinations it does not help', () => {
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '10.0.0.5:8080', 20_000, '10.0.0.1'),
      connectedGroup('TIME-WAIT', '10.0.0.6:8080', 9000, '10.0.0.1'),
    ]);
    const two: PeerTimestampsFact = {
      peers: [...peers(1, 0).peers, { address: '10.0.0.6', port: 8080, withTimestamps: 0, withoutTimestamps: 2 }],
      omittedDestinations: 0,
    };
    const { risks } = planOf(planReuse(planInput(facts({}, { sockets, 'peer-timestamps': two }))));
    expect(risks.join(' ')).toContain('No help for 10.0.0.6:8080');
  });

  it('has nothing to do when it is on already, or when no ports run short', () => {
    expect(planReuse(planInput(facts({ tcpTwReuse: 1 })))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('is 1 already'),
    });
    expect(planReuse(planInput(facts({}, { sockets: remote(5) })))).toMatchObject({ kind: 'nothing' });
  });

  it('leaves value 2 alone when only loopback is concerned', () => {
    expect(planReuse(planInput(facts({}, { sockets: LOCAL })))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('only loopback is concerned (127.0.0.1 to 127.0.0.1:8080)'),
    });
  });

  it('proposes 2 and not 1 when only loopback is concerned and it is off', () => {
    const { actions, confirm, risks } = planOf(planReuse(planInput(facts({ tcpTwReuse: 0 }, { sockets: LOCAL }))));
    expect(actions[0]).toMatchObject({ key: KEY, before: '0', after: '2' });
    expect(confirm).toBeUndefined();
    expect(risks.join(' ')).not.toContain('4.19');
  });

  it('does not replace a 1 that is set at boot by a 2', () => {
    const entries = [{ file: '/etc/sysctl.d/20-net.conf', line: 1, key: KEY, value: '1' }];
    const { actions } = planOf(
      planReuse(planInput(facts({ tcpTwReuse: 0 }, { sockets: LOCAL, 'sysctl-files': sysctlFilesFact({ entries }) }))),
    );
    expect(actions.map(({ kind }) => kind)).toEqual(['sysctl']);
  });

  it('wants value 2 confirmed on a kernel that may not know it', () => {
    const kernel = { release: '4.18.0-553.el8', major: 4, minor: 18, distribution: null };
    const { confirm } = planOf(planReuse(planInput(facts({ tcpTwReuse: 0 }, { sockets: LOCAL, kernel }))));
    expect(confirm).toEqual([expect.stringContaining('This kernel is 4.18.0-553.el8; before 4.19')]);
  });

  it('says when timestamps end with the next restart', () => {
    const entries = [{ file: '/etc/sysctl.conf', line: 9, key: 'net.ipv4.tcp_timestamps', value: '0' }];
    const { risks } = planOf(
      planReuse(planInput(facts({}, { ...SEEN, 'sysctl-files': sysctlFilesFact({ entries }) }))),
    );
    expect(risks.join(' ')).toContain('/etc/sysctl.conf:9 sets tcp_timestamps = 0 at boot');
  });

  it('is refused where the setting cannot be written, does not exist, or is not nginx’s', () => {
    expect(planReuse(planInput(facts({ readOnly: true }, SEEN)))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('read-only'),
    });
    expect(planReuse(planInput(facts({ tcpTwReuse: null }, SEEN))).kind).toBe('refused');
    const namespaces = { own: 'net:[1]', nginxMasters: [{ pid: 77, namespace: 'net:[2]' }] };
    expect(planReuse(planInput(facts({}, { ...SEEN, 'network-namespace': namespaces })))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('nginx (pid 77) runs in another network namespace'),
    });
    expect(planReuse(planInput({ sysctl: sysctlFact() })).kind).toBe('refused');
  });
});
