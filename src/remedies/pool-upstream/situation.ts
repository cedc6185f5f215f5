import type { EditableNginx } from '../nginx-edit/host.ts';
import type { Placed } from '../nginx-edit/placed.ts';
import type { PlanInput } from '../remedy.ts';
import type { Passing } from './passing.ts';
import type { BackendEndpoint } from './size.ts';

/** Backends that share a pool: one upstream block, or one literal address. */
export interface Unit {
  readonly name: string;
  /** null = the block is new. */
  readonly upstream: Placed | null;
  readonly passings: readonly Passing[];
  readonly backends: readonly BackendEndpoint[];
}

/** The whole of what is planned on. */
export interface Situation {
  readonly input: PlanInput;
  readonly nginx: EditableNginx;
  readonly passings: readonly Passing[];
  readonly units: readonly Unit[];
}
