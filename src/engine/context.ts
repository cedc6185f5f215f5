import type { Clock } from '../base/clock.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Redact } from '../base/redact.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Catalogue } from '../runbook/catalogue.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import type { Policy } from './policy.ts';
import type { Store } from './ports.ts';
import type { Transport } from './transport.ts';

/** How patient the engine is; durations in milliseconds. */
export interface EngineTiming {
  /** How long a process may be silent before another takes its work over. */
  readonly leaseTtlMs: number;
  /** How often the store is looked at for work and for what others did. */
  readonly pollMs: number;
  /** Hosts that are asked at the same time. */
  readonly hostsAtOnce: number;
  /** Pause between two looks at a host that stopped answering in the middle of a change, and how many looks. */
  readonly followPauseMs: number;
  readonly followTries: number;
}

/** The timing in production. */
export const DEFAULT_TIMING: EngineTiming = {
  leaseTtlMs: 15_000,
  pollMs: 500,
  hostsAtOnce: 32,
  followPauseMs: 3000,
  followTries: 10,
};

/** What the engine's parts share. */
export interface EngineContext {
  readonly store: Store;
  readonly transport: Transport;
  readonly inventory: Inventory;
  readonly runbooks: RunbookLibrary;
  readonly catalogue: Catalogue;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly redact: Redact;
  readonly logger: Logger;
  readonly timing: EngineTiming;
  /** Names this process in leases: machine, process id and start. */
  readonly owner: string;
}
