/** How long a socket stays in TIME_WAIT: TCP_TIMEWAIT_LEN of include/net/tcp.h, a compile-time constant. */
export const TIME_WAIT_SECONDS = 60;

/** Closes that one side starts, at a steady rate. */
export interface Closes {
  readonly closesPerSecond: number;
  /** How long the rate has lasted; 60 s and more is the steady state. */
  readonly seconds: number;
}

/** TIME_WAIT sockets while no ceiling is reached: closes per second times the seconds that each of them stays. */
export function timeWaitSockets({ closesPerSecond, seconds }: Closes): number {
  return closesPerSecond * Math.min(seconds, TIME_WAIT_SECONDS);
}

/**
 * TIME_WAIT sockets on the accepting side for one client address. The connecting side does not see them and may pick the
 * same port again, which ends the old entry. connect() walks ports of one parity first (`__inet_hash_connect`), so the
 * ports in play are half of the client's range.
 */
export function timeWaitSocketsAccepting(closes: Closes, clientRangeSizePorts: number): number {
  const ports = clientRangeSizePorts / 2;
  return ports * (1 - Math.exp(-timeWaitSockets(closes) / ports));
}

/** TIME_WAIT sockets on the connecting side to one destination: never more than there are free ports. */
export function timeWaitSocketsConnecting(closes: Closes, freePorts: number): number {
  return Math.min(freePorts, timeWaitSockets(closes));
}

/** New connections per second that one source can open to one destination for ever, when each port is held for `holdSeconds`. */
export function sustainableOpensPerSecond(freePorts: number, holdSeconds: number): number {
  return freePorts / holdSeconds;
}

/** Connections per second that a server closes because each of them may carry only so many requests. */
export function closesPerSecondByRequestLimit(requestsPerSecond: number, requestsPerConnection: number): number {
  return requestsPerSecond / requestsPerConnection;
}

/** Closes per second that explain a number of TIME_WAIT sockets in the steady state. */
export function closesPerSecondBehind(timeWait: number): number {
  return timeWait / TIME_WAIT_SECONDS;
}
