import type { LabHost } from '../host.ts';

/**
 * Something that is wrong with a lab host, to be switched on and off; both directions may be repeated. `clear` restores
 * what the host started with, whatever was changed meanwhile. Of two faults that set the same file, key or service the
 * one that came last shows.
 */
export interface Fault {
  readonly name: string;
  /** What is wrong, in one line for people. */
  readonly summary: string;
  /** Which hosts can have it. */
  readonly role: 'web' | 'any';
  apply(host: LabHost): Promise<void>;
  clear(host: LabHost): Promise<void>;
}

/** Declares a fault. */
export function defineFault(fault: Fault): Fault {
  return fault;
}
