import { rangeSizePorts } from '../../probes/port-ranges.ts';
import type { PortRange, SysctlFact } from '../../probes/sysctl/fact.ts';
import { LOWEST_LOCAL_PORT } from '../refusals.ts';

/** Low end of the range that is proposed: above the ports that most services are given. */
const USUAL_LOW = 10_240;

const HIGHEST_PORT = 65_535;

/** Fewer ports more than this are not worth a change. */
const WORTHWHILE_PORTS = 1000;

/** The wider range, or why there is none. */
export type Widened =
  | { readonly kind: 'wider'; readonly range: PortRange }
  | { readonly kind: 'nothing' | 'refused'; readonly reason: string };

/**
 * From 10240 on (or from where unprivileged ports begin) up to 65535. Both ends have different parity, because connect()
 * walks the ports of one parity first and needs as many of the other (ip-sysctl.rst, `__inet_hash_connect`).
 */
export function widenedRange({ localPortRange: now, unprivilegedPortStart }: SysctlFact): Widened {
  if (now.low <= LOWEST_LOCAL_PORT) {
    return { kind: 'refused', reason: lowEndReason(now) };
  }
  const floor = Math.max(USUAL_LOW, even(unprivilegedPortStart ?? 0));
  const low = Math.min(now.low, floor);
  const high = HIGHEST_PORT - (low % 2);
  if (unprivilegedPortStart !== null && low < unprivilegedPortStart) {
    return {
      kind: 'refused',
      reason: `The range begins at ${now.low}, below ip_unprivileged_port_start (${unprivilegedPortStart}), and the kernel takes no such range: raise its low end by hand first.`,
    };
  }
  const range = { low, high };
  const gained = rangeSizePorts(range) - rangeSizePorts(now);
  if (gained < WORTHWHILE_PORTS)
    return { kind: 'nothing', reason: `The range ${text(now)} is as wide as it should be.` };
  return { kind: 'wider', range };
}

/** 1024 as the low end puts the ports of most services into the range. */
function lowEndReason(now: PortRange): string {
  return `The range ${text(now)} begins at ${now.low} already, among the ports of services: a range from ${LOWEST_LOCAL_PORT} on is not offered, since each service that starts later can find its port taken. Move its low end to ${USUAL_LOW} or more, and use more destinations or pooled connections.`;
}

/** `10240-65535` */
export function text({ low, high }: PortRange): string {
  return `${low}-${high}`;
}

function even(port: number): number {
  return port + (port % 2);
}
