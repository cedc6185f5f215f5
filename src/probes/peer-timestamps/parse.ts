import { parseAddress } from '../endpoint.ts';
import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { PeerTimestamps, PeerTimestampsFact } from './fact.ts';

const LOOKS = 5;

/** Reads `WITH WITHOUT ADDRESS PORT` per destination, then `end LOOKS` and `omitted DESTINATIONS`. */
export function parsePeerTimestamps(output: ProbeOutput): Parsed<PeerTimestampsFact> {
  const broken = brokenOutput(output, 'ss');
  if (broken !== undefined) return broken;
  const [first, ...lines] = output.stdout.trimEnd().split('\n');
  const looks = wholeNumber(/^end (\d+)$/.exec(lines.at(-2) ?? '')?.[1] ?? '');
  const omittedDestinations = wholeNumber(/^omitted (\d+)$/.exec(lines.at(-1) ?? '')?.[1] ?? '');
  if (first !== 'countersign-peer-timestamps 1' || looks !== LOOKS || omittedDestinations === undefined) {
    return unreadable(output, `${LOOKS} looks at the established connections were expected (ss -tino).`);
  }
  const peers = lines.slice(0, -2).map(readPeer);
  if (!peers.every((peer) => peer !== undefined)) {
    return unreadable(output, 'Two counts, an address and a port were expected on every line.');
  }
  return { ok: true, fact: { peers, omittedDestinations } };
}

function readPeer(line: string): PeerTimestamps | undefined {
  const match = /^(\d{1,9}) (\d{1,9}) (\S{1,64}) (\d{1,5})$/.exec(line);
  const [, counted = '', bare = '', addressText = '', portText = ''] = match ?? [];
  const withTimestamps = wholeNumber(counted);
  const withoutTimestamps = wholeNumber(bare);
  const address = parseAddress(addressText);
  const port = wholeNumber(portText);
  if (withTimestamps === undefined || withoutTimestamps === undefined) return undefined;
  if (address === undefined || port === undefined || port > 65_535) return undefined;
  return { address, port, withTimestamps, withoutTimestamps };
}
