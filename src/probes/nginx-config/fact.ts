import type { FileOutline } from './outline-fact.ts';

/** A place in a configuration file on the host; 1-based line. */
export interface ConfigPlace {
  readonly file: string;
  readonly line: number;
}

/** A directive's value and where it stands. */
export interface Placed<T> extends ConfigPlace {
  readonly value: T;
}

/** A backend of an upstream block or of a literal proxy_pass. */
export interface Backend extends ConfigPlace {
  /** As written: `127.0.0.1:8080`, `unix:/run/app.sock`, `app.internal`. */
  readonly text: string;
  /** Address and port when it is a TCP address; null for unix sockets and variables. */
  readonly endpoint: { readonly address: string; readonly port: number } | null;
}

/** An `upstream {}` block (ngx_http_upstream_module). */
export interface Upstream extends ConfigPlace {
  readonly name: string;
  readonly servers: readonly Backend[];
  /** `keepalive N`: idle connections kept per worker; null = directive absent. */
  readonly keepalive: Placed<number> | null;
  /** Upstream `keepalive_timeout` in milliseconds; null = absent (default 60 s). */
  readonly keepaliveTimeoutMs: Placed<number> | null;
  readonly keepaliveRequests: Placed<number> | null;
}

/** Where a location sends its requests, with what is in force there after inheritance; the place is that of its proxy_pass. */
export interface ProxyLocation extends ConfigPlace {
  /** The words of the innermost location around it: `/api/`, `~ \.php$`. */
  readonly match: string;
  readonly proxyPass: string;
  /** The upstream block it names, null for a literal address or a variable. */
  readonly upstream: string | null;
  /** The literal backend when no upstream block is named. */
  readonly literal: Backend | null;
  /** True when the host of the target is computed from variables; `upstream` is then known only for `http://$name` with every `set $name` alike. */
  readonly variable: boolean;
  /** proxy_http_version in force; null = nginx's default for its version. */
  readonly httpVersion: Placed<string> | null;
  /** The value sent as Connection header by proxy_set_header in force (all-or-nothing per level); null = nginx's default. */
  readonly connectionHeader: Placed<string> | null;
}

/** A `listen` of an http server block. */
export interface NginxListen extends ConfigPlace {
  readonly address: string;
  readonly port: number;
}

/** What nginx's configuration says, resolved over includes, from `nginx -T`. */
export interface NginxConfigFact {
  /** Path and SHA-256 of the bytes of every file, in the order of `nginx -T`; with several masters, one after another. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly workerProcesses: Placed<string> | null;
  readonly upstreams: readonly Upstream[];
  readonly proxies: readonly ProxyLocation[];
  readonly listens: readonly NginxListen[];
  /** keepalive_requests at http level or in a server, in file order; empty = nginx's default for its version. */
  readonly clientKeepaliveRequests: readonly Placed<number>[];
  /** keepalive_timeout for clients in milliseconds, same order. */
  readonly clientKeepaliveTimeoutMs: readonly Placed<number>[];
  /** error_log files, for the log probe's benefit. */
  readonly errorLogs: readonly Placed<string>[];
  /** map blocks that decide a Connection header: variable name and the value for the empty case. */
  readonly connectionMaps: readonly (ConfigPlace & {
    readonly variable: string;
    readonly emptyValue: string | null;
    readonly emptyPlace: ConfigPlace | null;
  })[];
  /**
   * The files as an editor needs them, the main file first. Absent with several masters, when there is too much of it, and
   * in facts from before it was read.
   */
  readonly outline?: readonly FileOutline[];
}
