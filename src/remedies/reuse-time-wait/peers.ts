import { formatEndpoint } from '../../probes/endpoint.ts';
import type { Facts } from '../../probes/registry.ts';
import type { PressedDestination } from '../sysctl/port-pressure.ts';

/** Destinations by whether their end sends timestamps, without which tcp_tw_reuse does nothing for them. */
export interface PeersByTimestamps {
  readonly sending: readonly string[];
  readonly silent: readonly string[];
  /** Not seen connected, or the probe did not answer. */
  readonly unknown: readonly string[];
}

/** Sorts destinations by what was seen of their connections. */
export function peersByTimestamps(facts: Facts, destinations: readonly PressedDestination[]): PeersByTimestamps {
  const peers = facts['peer-timestamps']?.peers ?? [];
  const names = [...new Set(destinations.map(({ destination }) => destination))];
  const seen = (name: string) => peers.find((peer) => formatEndpoint(peer) === name);
  return {
    sending: names.filter((name) => (seen(name)?.withTimestamps ?? 0) > 0),
    silent: names.filter((name) => seen(name)?.withTimestamps === 0 && seen(name)?.withoutTimestamps !== 0),
    unknown: names.filter((name) => {
      const peer = seen(name);
      return peer === undefined || peer.withTimestamps + peer.withoutTimestamps === 0;
    }),
  };
}
