/** An inclusive range of ports. */
export interface PortRange {
  readonly low: number;
  readonly high: number;
}

/** Kernel settings in force, read from /proc/sys (ip-sysctl.rst). null = this kernel has no such key. */
export interface SysctlFact {
  readonly localPortRange: PortRange;
  /** Ports that automatic assignment skips; empty = none reserved. Sorted, not overlapping. */
  readonly reservedPorts: readonly PortRange[];
  /** The text of ip_local_reserved_ports exactly as read, without the newline. */
  readonly reservedPortsText: string;
  /** 0 off, 1 on, 2 loopback only. */
  readonly tcpTwReuse: number | null;
  readonly tcpTwReuseDelayMs: number | null;
  readonly tcpTwRecycle: number | null;
  readonly tcpTimestamps: number | null;
  readonly tcpMaxTwBuckets: number | null;
  readonly tcpFinTimeoutSeconds: number | null;
  readonly tcpSyncookies: number | null;
  readonly tcpMaxSynBacklog: number | null;
  readonly somaxconn: number | null;
  /** Ports below need a capability to bind; the kernel refuses a range of local ports that begins below it. */
  readonly unprivilegedPortStart: number | null;
  /** Whether /proc/sys is mounted read-only, as in most containers: then not even root can write a setting. */
  readonly readOnly: boolean;
}
