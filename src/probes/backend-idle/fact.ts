/** What became of one idle connection to a backend. */
export interface BackendIdle {
  /** As nginx's configuration names it: `127.0.0.1`, `::1`, `app.internal`. */
  readonly address: string;
  readonly port: number;
  /**
   * `closed`: the backend closed the idle connection. `open`: it was still open when the look ended. `not-kept`: the
   * backend closed with its answer, so it keeps no connection. `unknown`: it could not be told.
   */
  readonly outcome: 'closed' | 'open' | 'not-kept' | 'unknown';
  /** From the answer to the close, in milliseconds; for `open` how long it was watched; otherwise null. */
  readonly idleMs: number | null;
  /** Why it is unknown; null otherwise. */
  readonly because: string | null;
}

/** How long the backends behind nginx keep an idle connection open. */
export interface BackendIdleFact {
  readonly backends: readonly BackendIdle[];
  /** Backends beyond the first eight, which were not asked. */
  readonly omittedBackends: number;
}
