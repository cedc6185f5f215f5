/** A running nginx master (ps(1), /proc/PID). */
export interface NginxMaster {
  readonly pid: number;
  /** `-c` and `-p` of its command line; null = compiled-in default. */
  readonly configPath: string | null;
  readonly prefix: string | null;
  /** `-g` of its command line, up to the next option: `daemon on; master_process on;`; absent = none. */
  readonly globalDirectives?: string;
  /** The binary it runs; null without root. */
  readonly binary: string | null;
  /** True when that binary was replaced on disk since (`(deleted)`), null without root. */
  readonly binaryReplaced: boolean | null;
  /** From `nginx -v` of that binary; null when it could not be asked. */
  readonly version: NginxVersion | null;
  readonly workers: number;
}

export interface NginxVersion {
  /** `nginx`, `openresty`, `tengine`. */
  readonly flavor: string;
  /** For example `1.22.1`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The nginx masters on a host; empty = nginx does not run. */
export interface NginxProcessFact {
  readonly masters: readonly NginxMaster[];
}
