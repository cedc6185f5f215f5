/** A request that is refused always: why, and what to do instead. */
export interface Refusal {
  /** What is asked for, as people write it: `tcp_tw_recycle = 1`. */
  readonly request: string;
  /** One or two sentences. */
  readonly reason: string;
  readonly instead: string;
}

interface KernelRefusal extends Refusal {
  readonly key: string;
  /** Whether this value is refused. `inForce` is the value now; null = not known. */
  readonly refuses: (value: string, inForce: number | null) => boolean;
}

/** A tcp_max_tw_buckets below this was set by hand: the kernel's own is half the size of its connection table (tcp_ipv4.c). */
export const USUAL_TIME_WAIT_LIMIT = 65_536;

/** The kernel's own reuse delay (ip-sysctl.rst). */
const REUSE_DELAY_MS = 1000;

/** Ports up to here are those of services by habit; a range that begins there takes them from each other. */
export const LOWEST_LOCAL_PORT = 1024;

const KERNEL_REFUSALS: readonly KernelRefusal[] = [
  {
    key: 'net.ipv4.tcp_tw_recycle',
    refuses: (value) => isNumber(value, (number) => number !== 0),
    request: 'tcp_tw_recycle = 1',
    reason:
      'It drops connection requests of clients that share an address (NAT, a load balancer), because their timestamps do not rise together. Linux 4.12 removed it.',
    instead: 'Pool upstream connections; where it is on, turn it off.',
  },
  {
    key: 'net.ipv4.tcp_timestamps',
    refuses: (value) => isNumber(value, (number) => number === 0),
    request: 'tcp_timestamps = 0',
    reason:
      'It takes away the protection against old packets on fast connections (PAWS, RFC 7323) and the exact measuring of round-trip times, and tcp_tw_reuse does nothing without it.',
    instead: 'Leave it at 1.',
  },
  {
    key: 'net.ipv4.tcp_max_tw_buckets',
    refuses: (value, inForce) => isNumber(value, (number) => number < (inForce ?? USUAL_TIME_WAIT_LIMIT)),
    request: 'a lower tcp_max_tw_buckets',
    reason:
      'It clears nothing: above the limit the kernel drops new TIME_WAIT sockets at once, so the count looks good and the protection is gone. The kernel documentation says that it must not be lowered.',
    instead: 'Pool connections, so that fewer are closed; where sockets are dropped for the limit, raise it.',
  },
  {
    key: 'net.ipv4.tcp_fin_timeout',
    refuses: () => true,
    request: 'tcp_fin_timeout against TIME_WAIT',
    reason:
      'It is the time that an orphaned connection stays in FIN_WAIT_2. TIME_WAIT lasts 60 s whatever it says: that is a constant of the kernel.',
    instead: 'Pool connections; change it only where orphaned FIN_WAIT_2 sockets are what is counted.',
  },
  {
    key: 'net.ipv4.tcp_tw_reuse_delay',
    refuses: (value) => isNumber(value, (number) => number < REUSE_DELAY_MS),
    request: 'a tcp_tw_reuse_delay under 1000',
    reason: 'A port that is taken over sooner gives late packets of its old connection a way into the new one.',
    instead: 'Leave it at 1000 ms; more ports or pooled connections carry more.',
  },
  {
    key: 'net.ipv4.ip_local_port_range',
    refuses: (value) => isNumber(value.trim().split(/\s+/)[0] ?? '', (low) => low <= LOWEST_LOCAL_PORT),
    request: 'ip_local_port_range from 1024 on',
    reason:
      'It puts the ports of most services into the range: an outgoing connection takes one while its service is down, and the service cannot start again.',
    instead: 'Begin at 10240 or above, and reserve the ports of services inside the range first.',
  },
];

const OTHER_REFUSALS: readonly Refusal[] = [
  {
    request: 'SO_LINGER 0, reset_timedout_connection or ss -K to clear TIME_WAIT',
    reason:
      'A reset throws away what is still on its way to the other end, and the next connection on the same ports has no protection against old packets.',
    instead:
      'Leave them: each takes 256 bytes, no file descriptor, and is gone after 60 s. Pool connections to make fewer.',
  },
  {
    request: 'a kernel built with another TCP_TIMEWAIT_LEN',
    reason:
      'The 60 s are what keeps late packets out of new connections, and such a kernel has to be built anew for every update.',
    instead: 'Pool connections, so that fewer are closed.',
  },
];

/** Everything that is refused always, for documentation. */
export const REFUSALS: readonly Refusal[] = [
  ...KERNEL_REFUSALS.map(({ request, reason, instead }) => ({ request, reason, instead })),
  ...OTHER_REFUSALS,
];

/**
 * Why a kernel setting must not get this value; undefined when nothing stands against it. The key may be given with or
 * without `net.ipv4.`, with dots or slashes; `inForce` is the value now, which a limit must not fall below.
 */
export function refusalOf(key: string, value: string, inForce: number | null = null): Refusal | undefined {
  const dotted = key.replaceAll('/', '.');
  const name = dotted.includes('.') ? dotted : `net.ipv4.${dotted}`;
  const found = KERNEL_REFUSALS.find((each) => each.key === name && each.refuses(value, inForce));
  return found && { request: found.request, reason: found.reason, instead: found.instead };
}

/** The refusal as sentences. */
export function refusalText({ request, reason, instead }: Refusal): string {
  return `${request} is refused. ${reason} ${instead}`;
}

/** sysctl takes decimal, hexadecimal and octal numbers; what is none of them is not judged here. */
function isNumber(text: string, holds: (number: number) => boolean): boolean {
  const word = text.trim();
  if (!/^(?:0x[\da-f]+|\d+)$/i.test(word)) return false;
  return holds(/^0\d/.test(word) ? Number.parseInt(word, 8) : Number(word));
}
