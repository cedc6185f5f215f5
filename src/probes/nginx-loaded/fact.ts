/** Whether the configuration on disk can be the one in force: times in seconds since the epoch, from /proc and stat(1). */
export interface NginxLoadedFact {
  /** Start of the oldest worker that is not shutting down; null when nginx does not run. */
  readonly oldestWorkerStartedAt: number | null;
  /** The configuration file that changed last, and when; null when none could be read. */
  readonly newestConfig: { readonly path: string; readonly modifiedAt: number } | null;
}
