import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import { parsePortRanges } from '../../../src/probes/port-ranges.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import type { HostPlan } from '../../../src/remedies/remedy.ts';
import { reserveServicePortsRemedy } from '../../../src/remedies/reserve-service-ports/index.ts';
import { listenersFact, portHolder, socketsFact, sysctlFact, sysctlFilesFact } from '../../helpers/network-facts.ts';
import { writtenBy } from '../../helpers/planning.ts';

const [{ judge }] = reserveServicePortsRemedy.proofs;

function facts(reserved: string, ownDropIn: string | null, held: boolean): Facts {
  return {
    sysctl: sysctlFact({
      localPortRange: { low: 8000, high: 8999 },
      reservedPortsText: reserved,
      reservedPorts: parsePortRanges(reserved) ?? [],
    }),
    'sysctl-files': sysctlFilesFact({ ownDropIn }),
    sockets: socketsFact([], { holders: held ? [portHolder(8080, 9090)] : [] }),
  };
}

const before = facts('', null, true);

function plan(): HostPlan {
  const planned = reserveServicePortsRemedy.plan({
    host: asHostName('web-1'),
    facts: { ...before, listeners: listenersFact('127.0.0.1:8080', '127.0.0.1:8081') },
    changeId: '41-1',
  });
  if (planned.kind !== 'change') throw new Error(planned.reason);
  return planned.plan;
}

const written = writtenBy(plan(), 'file') ?? '';

describe('proving that service ports are reserved', () => {
  it('needs the list and the drop-in to read back as planned, and names the holders before and after', () => {
    expect(judge(plan(), before, facts('8080-8081', written, false))).toEqual({
      outcome: 'proven',
      statements: [
        'net.ipv4.ip_local_reserved_ports reads back as 8080-8081.',
        '/etc/sysctl.d/60-countersign-net.conf reads back as written.',
        'Outgoing connections on these ports before: 127.0.0.1:8080 to 127.0.0.1:9090 (ESTAB); after: none.',
      ],
    });
  });

  it('holds although a connection that was there before still holds its port', () => {
    const verdict = judge(plan(), before, facts('8080-8081', written, true));
    expect(verdict.outcome).toBe('proven');
    expect(verdict.statements.at(-1)).toContain('after: 127.0.0.1:8080 to 127.0.0.1:9090 (ESTAB)');
  });

  it.each([
    ['the list is another one', facts('8080', written, false), 'reads back as 8080, not 8080-8081'],
    ['the list has more than was approved', facts('8080-8082', written, false), 'reads back as 8080-8082, not'],
    ['the drop-in is missing', facts('8080-8081', null, false), 'does not exist'],
    ['the drop-in was changed', facts('8080-8081', `${written}# more\n`, false), 'holds another text'],
    ['nothing could be read', {}, 'could not be read back'],
  ])('fails when %s', (_name, after, words) => {
    const verdict = judge(plan(), before, after);
    expect(verdict.outcome).toBe('not_proven');
    expect(verdict.statements.join(' ')).toContain(words);
  });
});
