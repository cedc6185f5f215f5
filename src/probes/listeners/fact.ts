/** A listening TCP socket. */
export interface Listener {
  /** `0.0.0.0`, `::`, `*` (dual-stack wildcard) or an address. */
  readonly address: string;
  readonly port: number;
  /** Recv-Q on LISTEN = connections waiting to be accepted now, ss(8); null when the tool does not tell. */
  readonly acceptQueue: number | null;
  /** Send-Q on LISTEN = the accept queue's limit, ss(8); null when the tool does not tell. */
  readonly acceptQueueLimit: number | null;
  /** Who listens; null when root would be needed to know. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[] | null;
}

/** The listening TCP sockets of a network namespace, by port and address. */
export interface ListenersFact {
  readonly listeners: readonly Listener[];
  /** The addresses of this network namespace, sorted; empty when ip(8) is not there to tell. */
  readonly hostAddresses: readonly string[];
}
