import { formatNumber, list } from '../base/format.ts';
import { formatEndpoint, parseEndpoint } from '../probes/endpoint.ts';
import { containsPort, formatPortRanges, rangesOfPorts } from '../probes/port-ranges.ts';
import type { Facts } from '../probes/registry.ts';
import { occupies, type PortOwner, type ServicePort, servicePorts } from '../probes/service-ports.ts';
import type { PortHolder } from '../probes/sockets/fact.ts';
import type { SysctlFact } from '../probes/sysctl/fact.ts';
import { defineRule, type Evidence, type Finding } from './rule.ts';

const SHOWN = 10;

/** F6: a service's port can be taken by an outgoing connection, because it lies in the ephemeral range and is not reserved. */
export const servicePortInRangeRule = defineRule({
  id: 'service-port-in-range',
  code: 'F6',
  title: 'Service ports inside the ephemeral range are not reserved',
  needs: ['sysctl', 'listeners'],
  uses: ['nginx-config', 'sockets', 'nginx-log'],
  dependsOn: ['network-namespace'],
  thresholds: {},
  evaluate: ({ facts }): readonly Finding[] => {
    const { sysctl, listeners } = facts;
    if (sysctl === undefined || listeners === undefined) return [];
    const exposed = servicePorts({ listeners, 'nginx-config': facts['nginx-config'] }).filter(({ port }) =>
      isExposed(port, sysctl),
    );
    return exposed.length === 0 ? [] : [finding(facts, sysctl, exposed)];
  },
});

function isExposed(port: number, { localPortRange, reservedPorts }: SysctlFact): boolean {
  return containsPort([localPortRange], port) && !containsPort(reservedPorts, port);
}

interface Case {
  readonly facts: Facts;
  readonly sysctl: SysctlFact;
  readonly exposed: readonly ServicePort[];
  /** `8080-8082,9000` */
  readonly portsText: string;
  /** Outgoing connections that make a service's bind() fail now. */
  readonly taken: readonly PortHolder[];
  /** Rows that a stopped service left behind on its own port. */
  readonly leftOver: readonly PortHolder[];
  /** The last recent `(98: Address already in use)` line that concerns one of the ports, or names none. */
  readonly bindFailure: string | undefined;
}

function finding(facts: Facts, sysctl: SysctlFact, exposed: readonly ServicePort[]): Finding {
  const holders = (facts.sockets?.holders ?? []).filter((holder) => {
    const service = exposed.find(({ port }) => port === holder.local.port);
    return service !== undefined && occupies(holder.local.address, service);
  });
  const found: Case = {
    facts,
    sysctl,
    exposed,
    portsText: formatPortRanges(rangesOfPorts(exposed.map(({ port }) => port))),
    taken: holders.filter(({ direction }) => direction === 'connected'),
    leftOver: holders.filter(({ direction }) => direction === 'accepted'),
    bindFailure: bindFailure(facts, exposed),
  };
  const critical = found.taken.length > 0 || found.bindFailure !== undefined;
  return {
    rule: 'service-port-in-range',
    severity: critical ? 'critical' : 'warning',
    title:
      found.taken.length > 0
        ? 'A service port is taken by an outgoing connection'
        : 'Service ports inside the ephemeral range are not reserved',
    explanation: explanation(found),
    evidence: evidence(found),
    notConcluded: notConcluded(found),
    confidence: 'high',
    groupKey: `service-port-in-range:${found.portsText}:${found.taken.length > 0}`,
  };
}

/** `bind() to 0.0.0.0:8081 failed (98: Address already in use)`. */
function bindFailure(facts: Facts, exposed: readonly ServicePort[]): string | undefined {
  const entry = facts['nginx-log']?.entries.find((candidate) => candidate.class === 'address-in-use');
  if (entry === undefined || entry.recentLines === 0) return undefined;
  const named = parseEndpoint(/bind\(\) to (\S{1,80}) failed/.exec(entry.last)?.[1] ?? '');
  return named === undefined || exposed.some(({ port }) => port === named.port) ? entry.last : undefined;
}

function explanation({ sysctl, exposed, portsText, taken, leftOver, bindFailure: failure }: Case): readonly string[] {
  const { low, high } = sysctl.localPortRange;
  const one = exposed.length === 1;
  const reserved =
    sysctl.reservedPorts.length === 0
      ? 'no port is reserved'
      : `reserved is only ${formatPortRanges(sysctl.reservedPorts)}`;
  const sentences = [
    `${one ? 'Port' : 'Ports'} ${portsText} ${one ? 'lies' : 'lie'} in ip_local_port_range ${low}-${high}, from which the kernel takes the local ports of outgoing connections, and ${reserved}.`,
    `${list(exposed.slice(0, OWNERS_NAMED).map(belongs))}${exposed.length > OWNERS_NAMED ? `; ${exposed.length - OWNERS_NAMED} more are in the evidence` : ''}.`,
  ];
  if (taken.length > 0) {
    sentences.push(
      `${list(taken.slice(0, 3).map(holderText))} ${taken.length === 1 ? 'occupies' : 'occupy'} a service's port: bind() fails with (98: Address already in use), SO_REUSEADDR or not, until the connection has ended and its 60 s of TIME_WAIT are over.`,
    );
  } else
    sentences.push(
      'While such a service restarts, an outgoing connection can take its port, and the service then fails to bind.',
    );
  if (failure !== undefined) sentences.push('nginx logged such a failure of bind() in the last ten minutes.');
  if (leftOver.length > 0) {
    sentences.push(
      `${list(leftOver.slice(0, 3).map(holderText))} ${leftOver.length === 1 ? 'is' : 'are'} left over from a stopped service's own clients; that blocks bind() only without SO_REUSEADDR.`,
    );
  }
  return sentences;
}

const OWNERS_NAMED = 4;

/** "8081 belongs to node (backend in conf.d/app.conf:6)"; without process ids, so that like hosts read alike. */
function belongs({ port, owners, listening }: ServicePort): string {
  const names = [...new Set(owners.flatMap((owner) => (owner.kind === 'process' ? [owner.name] : [])))];
  const places = owners.flatMap((owner) => (owner.kind === 'process' ? [] : [ownerText(owner)]));
  const who =
    names.length > 0
      ? names.join(' and ')
      : listening
        ? 'a process that is not visible'
        : 'a service that is not listening now';
  return `${port} belongs to ${who}${places.length > 0 ? ` (${places.slice(0, 2).join(', ')})` : ''}`;
}

function evidence({ facts, sysctl, exposed, taken, leftOver, bindFailure: failure }: Case): readonly Evidence[] {
  const tool = facts.sockets?.tool === 'netstat' ? 'netstat -tan' : 'ss -tan';
  const { low, high } = sysctl.localPortRange;
  const log = facts['nginx-log'];
  return [
    ...exposed.slice(0, SHOWN).map(({ port, owners, listening }) => ({
      label: `Port ${port}`,
      value: `${listening ? 'listening' : 'not listening now'}, ${owners.length === 0 ? 'process not visible' : owners.slice(0, 3).map(ownerText).join(', ')}`,
      source: owners.find((owner) => owner.kind !== 'process') !== undefined && !listening ? 'nginx -T' : 'ss -tlnp',
    })),
    ...(exposed.length > SHOWN
      ? [{ label: 'Further ports', value: exposed.length - SHOWN, unit: 'ports', source: 'ss -tlnp, nginx -T' }]
      : []),
    { label: 'Ephemeral range', value: `${low}-${high}`, source: '/proc/sys/net/ipv4/ip_local_port_range' },
    {
      label: 'Reserved ports',
      value: sysctl.reservedPortsText.trim() === '' ? 'none' : sysctl.reservedPortsText,
      source: '/proc/sys/net/ipv4/ip_local_reserved_ports',
    },
    ...taken
      .slice(0, SHOWN)
      .map((holder) => ({ label: `Holds port ${holder.local.port}`, value: holderText(holder), source: tool })),
    ...leftOver
      .slice(0, 3)
      .map((holder) => ({ label: `Left over on port ${holder.local.port}`, value: holderText(holder), source: tool })),
    ...(failure === undefined || log === undefined
      ? []
      : [{ label: 'Last failed bind()', value: failure, source: log.file }]),
  ];
}

function ownerText(owner: PortOwner): string {
  if (owner.kind === 'process') return `${owner.name} (pid ${owner.pid})`;
  return `${owner.kind} in ${owner.file}:${owner.line}`;
}

function holderText({ state, local, peer }: PortHolder): string {
  const to = peer.port === 0 ? 'bound, not connected' : `${formatEndpoint(local)} to ${formatEndpoint(peer)}`;
  return peer.port === 0 ? `${formatEndpoint(local)} (${to})` : `${to} (${state})`;
}

function notConcluded({ facts, exposed, taken }: Case): readonly string[] {
  const down = exposed.filter(({ listening }) => !listening).length;
  return [
    'A service that is listening keeps its port: the danger is the moment in which it restarts.',
    'A listener that takes another random port at each start needs no reservation.',
    ...(taken.length === 0 && down > 0
      ? [`${formatNumber(down)} of these ports have no listener now; that alone is not a fault.`]
      : []),
    ...(facts['nginx-config'] === undefined
      ? ['Ports of services that are down now are not known: nginx -T could not be read.']
      : []),
    ...(facts.sockets === undefined
      ? ['Whether such a port is taken right now is not known: the sockets could not be read.']
      : []),
  ];
}
