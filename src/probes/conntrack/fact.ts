/** The table of connections that netfilter tracks in this network namespace (nf_conntrack-sysctl.rst). */
export interface ConntrackTable {
  readonly entries: number;
  /** nf_conntrack_max: above it a packet that begins a connection is dropped. */
  readonly limit: number;
  /** How long a connection in TIME_WAIT stays in the table; null when the key is absent. */
  readonly timeWaitSeconds: number | null;
}

/** How full the connection tracking table is, and what the kernel complained about it. */
export interface ConntrackFact {
  /** null = connection tracking is not loaded, so there is no table to fill. */
  readonly table: ConntrackTable | null;
  /** `table full, dropping packet` in the kernel log; null when this user may not read it. */
  readonly fullLines: {
    readonly lines: number;
    /** Of the last ten minutes, by the kernel's own clock. */
    readonly recentLines: number;
    readonly source: 'dmesg' | 'journalctl -k';
  } | null;
}
