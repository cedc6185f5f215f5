import type { Machine } from '../machine.ts';
import type { Image } from './targets.ts';

/** Exit statuses of work under a receipt, as the scripts of the engine have them. */
export const RC = { done: 0, failed: 70, drifted: 71, unrestored: 72, busy: 73 } as const;

/** An exit status of work under a receipt. */
export type Rc = (typeof RC)[keyof typeof RC];

/** The journal of an attempt, or of one taking back of it. */
export interface Receipt {
  readonly name: string;
  /** Pre-images and what targets become, by the target's number; empty for a taking back. */
  readonly pre: Image[];
  readonly post: Image[];
  /** All pre-images are captured; without it nothing was changed. */
  ready: boolean;
  /** nginx was told to load what was written. */
  loaded: boolean;
  /** Whether its process runs; after `rc` 0 it is the guard. */
  working: boolean;
  rc: Rc | undefined;
  settled: 'confirmed' | 'undone' | 'reverted' | undefined;
  guard: 'reverted' | 'drifted' | 'unrestored' | undefined;
  output: string;
}

/** What work under a receipt needs of its host. */
export interface WorkHost {
  readonly machine: Machine;
  readonly all: Map<string, Receipt>;
  /** The receipt that holds the host's lock. */
  lock: Receipt | undefined;
  monotonicMs(): number;
  /** Rejects when the host stops. */
  sleep(ms: number): Promise<void>;
}

/** An empty journal. */
export function newReceipt(name: string): Receipt {
  return {
    ...{ name, pre: [], post: [], ready: false, loaded: false, working: false },
    ...{ rc: undefined, settled: undefined, guard: undefined, output: '' },
  };
}

/** Adds a line to what the work has printed. */
export function say(receipt: Receipt, text: string): void {
  receipt.output += `${text}\n`;
}
