/** The classes of nginx error_log lines that this product knows. */
export type NginxLogClass =
  | 'address-not-available'
  | 'address-in-use'
  | 'no-live-upstreams'
  | 'upstream-closed-early'
  | 'upstream-reset'
  | 'upstream-refused'
  | 'worker-connections'
  | 'too-many-files';

/** How often a class of error occurred in the lines that were read. */
export interface NginxLogEntry {
  readonly class: NginxLogClass;
  readonly lines: number;
  /** Occurrences in the last ten minutes by the host's own clock. */
  readonly recentLines: number;
  /** The last such line, as logged. */
  readonly last: string;
}

/** The tail of nginx's error_log, by class. */
export interface NginxLogFact {
  /** The main log, or `journalctl -u nginx` where no file could be read. */
  readonly file: string;
  /** More error_log files that were read, for example of single servers. */
  readonly otherFiles: readonly string[];
  /** error_log files that this user may not read. */
  readonly unreadFiles: readonly string[];
  /** How many lines were looked at (the newest ones). */
  readonly linesRead: number;
  readonly entries: readonly NginxLogEntry[];
  /** How far back the lines of a file reach of which there are more than were read, in seconds; absent = all were read. */
  readonly reachSeconds?: number;
}
