/** Where a statement can be put in, in bytes of the file. */
export interface InsertionPoint {
  readonly at: number;
  /** The 1-based line that the new statement follows, or precedes where it says so. */
  readonly line: number;
  /**
   * `line`: at the start of a line; the statement gets a line of its own. `inline`: other text shares the line. `end`: at
   * the end of a file without a final newline.
   */
  readonly mode: 'line' | 'inline' | 'end';
  /** Blanks before the statement when it has a line of its own. */
  readonly indent: string;
}

/** The inside of a block. */
interface OutlineBlock {
  /** Behind the opening brace. */
  readonly inside: InsertionPoint;
  /** Before the directive and the comments that stand directly above it. */
  readonly before: InsertionPoint;
  /** 1-based line of the closing brace. */
  readonly closeLine: number;
  readonly directives: readonly OutlineDirective[];
}

/** A directive that concerns connections to backends or clients, or a block that holds one. Offsets are bytes of its file. */
export interface OutlineDirective {
  readonly name: string;
  /** As nginx reads them. Of proxy_set_header the value only for Connection, Host and Upgrade: others may be secrets. */
  readonly args: readonly string[];
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Start and end of each word of `args`, quotes included. */
  readonly words: readonly (readonly [number, number])[];
  readonly after: InsertionPoint;
  /** null for a simple directive. */
  readonly block: OutlineBlock | null;
  /** Indices of the outlined files that an `include` reads, in order; absent for other directives. */
  readonly includes?: readonly number[];
  /** A proxy_set_header as it is written, for copying to another level; null when it is too long to keep. */
  readonly statement?: string | null;
}

/** A line of a file, for people. */
export interface OutlineLine {
  readonly line: number;
  /** Byte offset of its first character. */
  readonly at: number;
  /** Its length in bytes without the newline; `text` has another one when it was cut, redacted or is not UTF-8. */
  readonly bytes: number;
  readonly text: string;
}

/** One configuration file as an editor needs it. */
export interface FileOutline {
  /** As `nginx -T` names it. */
  readonly path: string;
  /** The file itself, symbolic links resolved (readlink(1) -f); null when the host did not say. */
  readonly target: string | null;
  /** SHA-256 of the file's bytes; wrong when `notUtf8`. */
  readonly sha256: string;
  /** Some bytes are not UTF-8 and the host had no iconv(1) to send them whole, so no offset can be relied upon. */
  readonly notUtf8: boolean;
  readonly newline: '\n' | '\r\n';
  /** Who writes the file, from a header or its place: `Ansible`, `Certbot`, `Kubernetes`; null = people. */
  readonly managedBy: string | null;
  readonly directives: readonly OutlineDirective[];
  /** The lines of the directives above and of their closing braces, ascending. */
  readonly lines: readonly OutlineLine[];
}
