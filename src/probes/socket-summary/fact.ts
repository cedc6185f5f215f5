/** `ss -s`: TCP totals. Only what is right inside a network namespace is kept. */
export interface SocketSummaryFact {
  readonly establishedSockets: number;
  readonly timeWaitSockets: number;
}
