/** The states of a run. `reading`: hosts are being asked. The others are final. */
export type RunState = 'reading' | 'finished' | 'cancelled' | 'failed';

/** The states of a proposal and of the change that it becomes; see transition.ts. */
export const CHANGE_STATES = [
  'open',
  'rejected',
  'expired',
  'applying',
  'proven',
  'not_proven',
  'reverted',
  'stale',
  'failed',
  'needs_human',
  'undoing',
  'undone',
  'undo_failed',
] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

/** The states of a change on one host; see transition.ts. */
export const ATTEMPT_STATES = [
  'pending',
  'intended',
  'looking',
  'applied',
  'signalled',
  'missed',
  'harmful',
  'confirmed',
  'proven',
  'not_proven',
  'reverted',
  'stale',
  'failed',
  'unknown',
  'untouched',
  'undo_intended',
  'undone',
  'undo_refused',
  'undo_unknown',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** Changes in these states are waiting for the worker, not for a person. */
export const WORKING_STATES = ['applying', 'undoing'] as const satisfies readonly ChangeState[];
