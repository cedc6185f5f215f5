import { z } from 'zod';
import { OperatorError } from '../base/error.ts';
import type { Ids } from '../base/ids.ts';
import { must, run } from './run.ts';

const Addresses = z.array(
  z.object({ addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number() })).optional() }),
);
const Routes = z.array(z.object({ dst: z.string() }));
const TRIES = 200;

interface Range {
  readonly first: number;
  readonly last: number;
}

/** One end of a veth pair in the machine's own namespace, the other in a namespace of the lab. */
export interface Attachment {
  readonly namespace: string;
  readonly link: string;
  readonly address: string;
}

/**
 * First three bytes of a /24 that no address or route of this machine overlaps: from 10.0.0.0/8 (RFC 1918), or, where
 * that is routed as a whole, from 198.18.0.0/15 (RFC 2544, for tests of network devices).
 */
export async function chooseSubnet(ids: Ids): Promise<string> {
  const used = await usedRanges();
  for (const prefix of [() => 10, () => 198]) {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const [second = 0, third = 0] = Buffer.from(ids.nonce(), 'hex');
      const first = prefix();
      const subnet = `${first}.${first === 10 ? second : 18 + (second % 2)}.${third}`;
      const range = parseRange(`${subnet}.0/24`);
      if (range !== undefined && !used.some((other) => range.first <= other.last && other.first <= range.last))
        return subnet;
    }
  }
  throw new OperatorError('lab/failed', {
    message: 'No free /24 network was found in 10.0.0.0/8 or 198.18.0.0/15 for the lab.',
    hint: 'See `ip route show table all`; the lab needs one network that no route covers.',
  });
}

/** Makes the bridge that joins a lab's hosts; the machine itself is `.1` on it. */
export async function createBridge(bridge: string, subnet: string): Promise<void> {
  await must(['ip', 'link', 'add', bridge, 'type', 'bridge']);
  await must(['ip', 'addr', 'add', `${subnet}.1/24`, 'dev', bridge]);
  await must(['ip', 'link', 'set', bridge, 'up']);
}

/** Makes a network namespace and joins it to the bridge; its kernel settings are the kernel's defaults. */
export async function attachNamespace(bridge: string, { namespace, link, address }: Attachment): Promise<void> {
  await must(['ip', 'netns', 'add', namespace]);
  await must(['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  await must(['ip', 'link', 'set', link, 'master', bridge, 'up']);
  const inside = ['addr add', 'link set lo up', 'link set eth0 up'];
  const batch = `${inside[0]} ${address}/24 dev eth0\n${inside[1]}\n${inside[2]}\n`;
  await must(['ip', '-n', namespace, '-batch', '-'], { input: batch });
}

/** Takes the link of a namespace down or up, as if its cable were pulled. */
export async function setLink(link: string, state: 'up' | 'down'): Promise<void> {
  await must(['ip', 'link', 'set', link, state]);
}

/** The processes in a named network namespace; none when the namespace is gone. */
export async function processesIn(namespace: string): Promise<number[]> {
  const { stdout } = await run(['ip', 'netns', 'pids', namespace]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Removes a link or bridge if it is there. */
export async function removeLink(link: string): Promise<void> {
  await run(['ip', 'link', 'del', link]);
}

/** Removes a named network namespace if it is there. */
export async function removeNamespace(namespace: string): Promise<void> {
  await run(['ip', 'netns', 'del', namespace]);
}

async function usedRanges(): Promise<Range[]> {
  const [addresses, routes] = await Promise.all([
    must(['ip', '-j', '-4', 'addr', 'show']),
    must(['ip', '-j', '-4', 'route', 'show', 'table', 'all']),
  ]);
  const local = Addresses.parse(JSON.parse(addresses || '[]')).flatMap(({ addr_info }) => addr_info ?? []);
  const cidrs = [
    ...local.map(({ local: address, prefixlen }) => `${address}/${prefixlen}`),
    ...Routes.parse(JSON.parse(routes || '[]')).map(({ dst }) => dst),
  ];
  return cidrs.filter((cidr) => cidr !== 'default').flatMap((cidr) => parseRange(cidr) ?? []);
}

function parseRange(cidr: string): Range | undefined {
  const [address = '', bits = '32'] = cidr.split('/');
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => !Number.isInteger(byte))) return undefined;
  const size = 2 ** (32 - Number(bits));
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1 };
}
