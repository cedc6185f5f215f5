/** Whether one peer sends TCP timestamps (RFC 7323), seen on its established connections. */
export interface PeerTimestamps {
  readonly address: string;
  readonly port: number;
  /** Connections that use timestamps: both ends offered them. */
  readonly withTimestamps: number;
  readonly withoutTimestamps: number;
}

/** What the peers that this host connects to were seen to send, over several looks within a second or two. */
export interface PeerTimestampsFact {
  /** By destination, most connections first, at most 100. A destination that was never seen connected is not there. */
  readonly peers: readonly PeerTimestamps[];
  readonly omittedDestinations: number;
}
