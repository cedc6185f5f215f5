/** Where in an authored file an error points: 1-based line and column. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What an operator did or configured that cannot work, in words that say what, where and what to do instead. */
export interface OperatorErrorInit {
  readonly message: string;
  /** What to do instead; a full sentence. */
  readonly hint?: string;
  /** Machine-readable specifics, safe to store and show. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly location?: SourceLocation;
  readonly cause?: unknown;
}

/**
 * What each operator error means to a shell, to Slack and to a retry. The exit statuses are documented in the README:
 * 2 = the request is wrong, 3 = not found, 4 = not permitted, 5 = conflict with the present state,
 * 6 = a host could not be reached, 7 = this machine lacks something, 8 = configuration is wrong.
 */
export const ERROR_CODES = {
  'request/invalid': { exit: 2, retryable: false },
  'request/unknown-runbook': { exit: 3, retryable: false },
  'request/unknown-host': { exit: 3, retryable: false },
  'request/unknown-run': { exit: 3, retryable: false },
  'request/unknown-proposal': { exit: 3, retryable: false },
  'request/unknown-param': { exit: 2, retryable: false },
  'request/invalid-param': { exit: 2, retryable: false },
  'request/invalid-selector': { exit: 2, retryable: false },
  'request/invalid-time': { exit: 2, retryable: false },
  'policy/unknown-person': { exit: 4, retryable: false },
  'policy/not-permitted': { exit: 4, retryable: false },
  'policy/outdated-proposal': { exit: 4, retryable: false },
  'policy/own-proposal': { exit: 4, retryable: false },
  'policy/frozen': { exit: 4, retryable: true },
  'policy/unconfirmed': { exit: 4, retryable: false },
  'state/already-decided': { exit: 5, retryable: false },
  'state/expired': { exit: 5, retryable: false },
  'state/stale': { exit: 5, retryable: false },
  'state/not-applicable': { exit: 5, retryable: false },
  'state/host-busy': { exit: 5, retryable: true },
  'runbook/syntax': { exit: 8, retryable: false },
  'runbook/invalid': { exit: 8, retryable: false },
  'config/syntax': { exit: 8, retryable: false },
  'config/invalid': { exit: 8, retryable: false },
  'config/unreadable': { exit: 8, retryable: false },
  'config/port-in-use': { exit: 7, retryable: true },
  'store/unavailable': { exit: 7, retryable: true },
  'store/full': { exit: 7, retryable: true },
  'store/audit-broken': { exit: 7, retryable: false },
  'store/migration-changed': { exit: 8, retryable: false },
  'slack/unreachable': { exit: 7, retryable: true },
  'ssh/unreachable': { exit: 6, retryable: true },
  'ssh/host-key-changed': { exit: 5, retryable: false },
  'lab/unsupported': { exit: 7, retryable: false },
  'lab/missing-package': { exit: 7, retryable: false },
  'lab/failed': { exit: 7, retryable: true },
  'lab/unknown-fault': { exit: 2, retryable: false },
  'lab/not-running': { exit: 3, retryable: false },
} as const satisfies Record<string, { exit: number; retryable: boolean }>;

/** The stable, slash-namespaced name of an operator error. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** An error an operator can act on; everything else that is thrown is a bug. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly location: SourceLocation | undefined;

  constructor(code: ErrorCode, init: OperatorErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.hint = init.hint;
    this.details = init.details ?? {};
    this.location = init.location;
  }

  /** The exit status of a command that ends with this error. */
  get exitStatus(): number {
    return ERROR_CODES[this.code].exit;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** `file:line:column message`, the form that editors and terminals link. */
  get located(): string {
    const at = this.location;
    return at ? `${at.file}:${at.line}:${at.column} ${this.message}` : this.message;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
