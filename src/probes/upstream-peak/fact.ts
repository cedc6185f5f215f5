/** The most connections that were open at once to one destination. */
export interface PeakConnections {
  readonly address: string;
  readonly port: number;
  /** The greatest number of ESTABLISHED outgoing connections in any of the samples. */
  readonly sockets: number;
}

/** How many outgoing connections were open at once, over several looks within a few seconds. */
export interface UpstreamPeakFact {
  readonly samples: number;
  /** From the first look to the last, in seconds. */
  readonly seconds: number;
  /** By destination, largest first, at most 100. A destination without a connection in any sample is not there. */
  readonly peaks: readonly PeakConnections[];
  readonly omittedDestinations: number;
  readonly tool: 'ss' | 'netstat';
}
