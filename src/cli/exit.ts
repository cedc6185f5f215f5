/** Exit statuses beside those of operator errors (base/error.ts); the README documents them all. */
export const EXIT = {
  /** A bug: something that should be reported. */
  bug: 1,
  /** `audit verify` found the chain changed. */
  auditBroken: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** `slack check` found something missing. */
  misconfigured: 8,
  /** The run ended without the answer of any host, or before its end. */
  runIncomplete: 9,
  /** The change did not end proven, or the undo not undone. */
  changeNotProven: 10,
  /** `lint` or `generate --check` found something. */
  problemsFound: 11,
} as const;
