import { formatNumber } from '../base/format.ts';
import type { Facts } from '../probes/registry.ts';
import type { Evidence } from './rule.ts';

/** Two rates are called equal within this factor (domain: within 30 %). */
const LIKE = 0.3;

/** Requests per second as nginx itself counts them; null when nothing on the host tells. */
export function measuredRequests(facts: Facts): number | null {
  return facts.requests?.requestsPerSecond ?? null;
}

/** Whether two rates are the same within 30 %. */
export function alike(a: number, b: number): boolean {
  return Math.abs(a - b) <= LIKE * Math.max(a, b);
}

/** The measured rates of requests and client connections; empty when they are not known. */
export function requestEvidence({ requests }: Facts): Evidence[] {
  if (requests === undefined) return [];
  const source = `${requests.from}, 2 samples ${formatNumber(requests.intervalSeconds)} s apart`;
  return [
    { label: 'Requests', value: requests.requestsPerSecond, unit: 'per second', source },
    ...(requests.acceptsPerSecond === null
      ? []
      : [{ label: 'New client connections', value: requests.acceptsPerSecond, unit: 'per second', source }]),
    ...(requests.activeConnections === null
      ? []
      : [{ label: 'Client connections open', value: requests.activeConnections, unit: 'connections', source }]),
  ];
}
