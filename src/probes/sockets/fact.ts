/** An IP address and a TCP port; port null = summed over all ports. IPv4-mapped IPv6 addresses are folded to IPv4. */
export interface Endpoint {
  readonly address: string;
  readonly port: number | null;
}

/**
 * Which side opened the connection. `accepted`: the local port is a listening port of this host, or was one until its
 * service stopped; in TIME_WAIT this host closed first and no ephemeral port is held. `connected`: this host opened it from
 * an ephemeral port and holds that port.
 */
export type Direction = 'accepted' | 'connected';

/** TCP sockets that share direction, state, and the service's end. */
export interface SocketGroup {
  readonly direction: Direction;
  /** As ss(8) names it: `ESTAB`, `TIME-WAIT`, `FIN-WAIT-2`, … */
  readonly state: string;
  /** accepted: the service's address and port. connected: the source address, port null. */
  readonly local: Endpoint;
  /** accepted: the client's address, port null. connected: the destination's address and port. */
  readonly peer: Endpoint;
  readonly sockets: number;
}

/** A connection that occupies a service's local port (listening now, or named in nginx's configuration) without being served there. */
export interface PortHolder {
  /**
   * `connected`: an outgoing connection took the port, and bind() fails until it is gone, TIME_WAIT included. `accepted`:
   * left over from the stopped service's own clients; bind() with SO_REUSEADDR succeeds.
   */
  readonly direction: Direction;
  readonly state: string;
  readonly local: { readonly address: string; readonly port: number };
  /** Port 0 = a socket that is bound but not connected. */
  readonly peer: { readonly address: string; readonly port: number };
}

/** All TCP sockets but the listening ones, grouped on the host; raw lists never cross the wire. */
export interface SocketsFact {
  /** Largest groups first; at most 300. */
  readonly groups: readonly SocketGroup[];
  /** Sockets in groups that did not fit; 0 = nothing is missing. */
  readonly omittedSockets: number;
  /** At most 50, and at most five per port and direction; outgoing ones first. */
  readonly holders: readonly PortHolder[];
  /** Which tool was there: ss(8) or netstat(8). */
  readonly tool: 'ss' | 'netstat';
}
