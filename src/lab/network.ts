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

/** The cabling of a lab: a namespace with a switch, one cable from it to this machine, and one to each host. */
export interface LabNetwork {
  /** Namespace of the switch; the load's clients live in it too. */
  readonly namespace: string;
  /** The cable's end in the machine's own namespace. */
  readonly link: string;
  /** First three bytes of the /24: this machine is `.1` in it and the clients are `.2`. */
  readonly subnet: string;
}

const SWITCH = 'switch';

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

/**
 * Makes the switch. It has a namespace of its own because a firewall of this machine may filter what its bridges forward
 * (sysctl net.bridge.bridge-nf-call-iptables), and because whatever is in a namespace goes with it.
 */
export async function createSwitch({ namespace, link, subnet }: LabNetwork): Promise<void> {
  await must(['ip', 'netns', 'add', namespace]);
  await must(['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', namespace]);
  await inside(namespace, [
    `link add ${SWITCH} type bridge`,
    `link set uplink master ${SWITCH} up`,
    `addr add ${subnet}.2/24 dev ${SWITCH}`,
    `link set ${SWITCH} up`,
    'link set lo up',
  ]);
  await must(['ip', 'addr', 'add', `${subnet}.1/24`, 'dev', link]);
  await must(['ip', 'link', 'set', link, 'up']);
}

/** Makes a host's namespace and cables it to the switch; its kernel settings are the kernel's defaults. */
export async function attachHostNetwork(
  { namespace: switchNamespace }: LabNetwork,
  { name, namespace, address }: { readonly name: string; readonly namespace: string; readonly address: string },
): Promise<void> {
  await must(['ip', 'netns', 'add', namespace]);
  const cable = [
    'link',
    'add',
    name,
    'netns',
    switchNamespace,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    namespace,
  ];
  await must(['ip', ...cable]);
  await inside(switchNamespace, [`link set ${name} master ${SWITCH} up`]);
  await inside(namespace, [`addr add ${address}/24 dev eth0`, 'link set lo up', 'link set eth0 up']);
}

/** Takes a host's port on the switch down or up, as if its cable were pulled. */
export async function setHostLink(network: LabNetwork, name: string, state: 'up' | 'down'): Promise<void> {
  await inside(network.namespace, [`link set ${name} ${state}`]);
}

/** The processes in a named network namespace; none when the namespace is gone. */
export async function processesIn(namespace: string): Promise<number[]> {
  const { stdout } = await run(['ip', 'netns', 'pids', namespace]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Removes a link of this machine if it is there. */
export async function removeLink(link: string): Promise<void> {
  await run(['ip', 'link', 'del', link]);
}

/** Removes a named network namespace if it is there. */
export async function removeNamespace(namespace: string): Promise<void> {
  await run(['ip', 'netns', 'del', namespace]);
}

async function inside(namespace: string, commands: readonly string[]): Promise<void> {
  await must(['ip', '-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });
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
