import { formatNumber } from '../../base/format.ts';
import { parseEndpoint } from '../../probes/endpoint.ts';
import type { Planned, PlanInput, Verdict } from '../remedy.ts';
import { nothing, refused } from '../sysctl/obstacles.ts';
import {
  assignablePorts,
  pressedDestinations,
  type PressedDestination,
  TIME_WAIT_SECONDS,
} from '../sysctl/port-pressure.ts';

const SHOWN = 5;

/** Says which destination runs short of ports and how it gets more of them; never a change by this product. */
export function adviseDestinations(input: PlanInput): Planned {
  const { sysctl, sockets } = input.facts;
  if (sysctl === undefined || sockets === undefined) {
    return refused('The kernel settings and the sockets are both needed to say which destination runs short.');
  }
  const pressed = pressedDestinations(input.facts, input.approved);
  if (pressed.length === 0) return nothing('No destination holds a tenth of the ports; one destination is enough.');
  const ports = assignablePorts(sysctl.localPortRange, sysctl.reservedPorts);
  return {
    kind: 'advice',
    reason:
      'More backend ports or addresses are made where the backends run, and source addresses where the network is: not from here.',
    text: [numbers(pressed, ports), BACKENDS, pressed.slice(0, SHOWN).map(serverLines).join('\n'), SOURCES].join(
      '\n\n',
    ),
  };
}

function numbers(pressed: readonly PressedDestination[], ports: number): string {
  const perSecond = formatNumber(Math.floor(ports / TIME_WAIT_SECONDS));
  const held = pressed
    .slice(0, SHOWN)
    .map(
      ({ source, destination, heldPorts }) =>
        `${source} to ${destination}: ${formatNumber(heldPorts)} of ${formatNumber(ports)} ports held.`,
    );
  return [
    `Ports are counted per source address, destination address and destination port: each such triple has ${formatNumber(ports)} of its own, which carry ${perSecond} new connections/s without reuse. A second one doubles that. First pool the upstream connections; this is the last resort.`,
    ...held,
  ].join('\n');
}

const BACKENDS =
  'Either let the service listen on a second port or address, and name both in the upstream block of nginx:';

function serverLines({ destination }: PressedDestination): string {
  const port = parseEndpoint(destination)?.port ?? 0;
  const colon = destination.lastIndexOf(':');
  const next = port < 65_535 ? port + 1 : port - 1;
  return `    server ${destination};\n    server ${destination.slice(0, colon)}:${next};   # a second port of the same service`;
}

const SOURCES = [
  'Or give the host further addresses and let nginx connect from each of them in turn (ngx_http_proxy_module, ngx_http_split_clients_module):',
  '    split_clients "$remote_addr$remote_port$msec" $source_address {   # in http',
  '        50%  FIRST-ADDRESS-OF-THIS-HOST;',
  '        *    SECOND-ADDRESS-OF-THIS-HOST;',
  '    }',
  '    proxy_bind $source_address;                                       # beside proxy_pass',
  'The backends must accept connections from the new address, and their logs and rate limits see it.',
].join('\n');

/** There is no plan of this remedy, so there is nothing to prove. */
export function neverPlanned(): Verdict {
  return { outcome: 'not_proven', statements: ['This is done by hand; nothing was changed from here.'] };
}
