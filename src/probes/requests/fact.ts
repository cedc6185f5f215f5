/** How many requests nginx serves, over two samples. */
export interface RequestsFact {
  /** `stub_status`: nginx's own counters. `access_log`: lines written, which misses requests that are not logged. */
  readonly source: 'stub_status' | 'access_log';
  /** The address that was asked, or the log files that were counted. */
  readonly from: string;
  /** Measured time between the samples, in seconds. */
  readonly intervalSeconds: number;
  /** All client requests of all servers of this nginx; the probe's own are not counted. */
  readonly requestsPerSecond: number;
  /** Client connections accepted per second; null when the source does not tell. */
  readonly acceptsPerSecond: number | null;
  /** Client connections open at the second sample, idle ones included; null when the source does not tell. */
  readonly activeConnections: number | null;
  /** Of these, idle between two requests. */
  readonly idleConnections: number | null;
}
