/** The kernel's own socket totals of one network namespace: /proc/net/sockstat and sockstat6. */
export interface SockstatFact {
  /** TIME_WAIT sockets, IPv4 and IPv6 together, orphaned FIN_WAIT_2 mini-sockets included. */
  readonly timeWaitSockets: number;
  readonly inUseSockets: number;
  readonly orphanSockets: number;
  readonly allocatedSockets: number;
  /** Memory of TCP buffers, in pages. */
  readonly memoryPages: number;
  /** null when the host has no IPv6. */
  readonly inUseSockets6: number | null;
}
