/** The counters that are read, by their kernel names (/proc/net/snmp, /proc/net/netstat without the TcpExt prefix). */
export const COUNTER_NAMES = [
  'ActiveOpens',
  'PassiveOpens',
  'AttemptFails',
  'EstabResets',
  'TW',
  'TWRecycled',
  'TWKilled',
  'PAWSPassive',
  'PAWSActive',
  'PAWSEstab',
  'PAWSTimewait',
  'ListenOverflows',
  'ListenDrops',
  'TCPTimeWaitOverflow',
  'SyncookiesSent',
  'SyncookiesRecv',
  'TCPReqQFullDoCookies',
  'TCPReqQFullDrop',
  'TCPBacklogDrop',
] as const;

/** The kernel's name of a counter that is read. */
export type CounterName = (typeof COUNTER_NAMES)[number];

/** Two samples of a namespace's monotonic TCP counters. A counter this kernel does not have is absent, never 0. */
export interface TcpCountersFact {
  /** Measured time between the samples, in seconds. */
  readonly intervalSeconds: number;
  /** Values of the second sample, since the namespace began. */
  readonly totals: Readonly<Partial<Record<CounterName, number>>>;
  /** Increase per second between the samples; absent when a counter went backwards. */
  readonly perSecond: Readonly<Partial<Record<CounterName, number>>>;
  /** Connections in ESTABLISHED or CLOSE_WAIT at the second sample (Tcp:CurrEstab). */
  readonly currentlyEstablished: number | null;
}
