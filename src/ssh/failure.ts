import type { HostFailure } from '../engine/transport.ts';

/** Why a host could not be asked: the kind for the engine, and one sentence with what to check. */
export interface Failure {
  readonly kind: HostFailure;
  readonly detail: string;
}

/** A failure from its kind and its sentence. */
export function failure(kind: HostFailure, detail: string): Failure {
  return { kind, detail };
}

/** What everything ends with that its caller gave up. */
export const CANCELLED: Failure = { kind: 'cancelled', detail: 'Cancelled before anything was sent to the host.' };
