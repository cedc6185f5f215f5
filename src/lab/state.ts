import { lstatSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { OperatorError } from '../base/error.ts';

const PREFIX = 'countersign-lab-';

const Process = z.object({ pid: z.int().positive(), startTicks: z.string() });

/** What is recorded of one lab host. */
export const HostState = z.object({
  name: z.string(),
  role: z.enum(['web', 'plain']),
  address: z.string(),
  port: z.int(),
  /** Name of its network namespace, ip-netns(8). */
  namespace: z.string(),
  /** `ssh-ed25519 AAAA…` */
  hostKey: z.string(),
  /** The outer process whose end is the end of the whole host; null before it was started. */
  process: Process.nullable(),
  faults: z.array(z.string()),
});
export type HostState = z.infer<typeof HostState>;

/** The record of everything that a lab made on this machine, so that it can be removed by record. */
export const LabState = z.object({
  id: z.string(),
  bootId: z.string(),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
  /** The process whose end makes the lab's leavings garbage; null = detached, the lab outlives whoever started it. */
  owner: Process.nullable(),
  network: z.object({ namespace: z.string(), link: z.string(), subnet: z.string() }),
  user: z.string(),
  hosts: z.array(HostState),
  load: z
    .object({ process: Process, hosts: z.array(z.string()), ratePerHost: z.number(), mode: z.string() })
    .nullable(),
});
export type LabState = z.infer<typeof LabState>;

/** Where labs keep their state directories unless told otherwise. */
export function defaultStateRoot(): string {
  return tmpdir();
}

/** The state directory of a lab. */
export function labDirectory(stateRoot: string, id: string): string {
  return resolve(stateRoot, `${PREFIX}${id}`);
}

/** The record in a state directory; undefined when there is none that can be read. */
export function readState(directory: string): LabState | undefined {
  try {
    return LabState.parse(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the record in one step, so that a reader never sees half of it. */
export function writeState(directory: string, state: LabState): void {
  const file = join(directory, 'state.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * The labs recorded below a folder. A directory that another user owns or can write is passed over: its record would
 * let that user tell root which processes to end.
 */
export function recordedLabs(stateRoot: string): { readonly directory: string; readonly state: LabState }[] {
  return readdirSync(stateRoot)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => resolve(stateRoot, name))
    .filter(isOurs)
    .flatMap((directory) => {
      const state = readState(directory);
      return state !== undefined && labDirectory(stateRoot, state.id) === directory ? [{ directory, state }] : [];
    });
}

function isOurs(directory: string): boolean {
  try {
    const stat = lstatSync(directory);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** Reads, changes and replaces the record without a gap in between, so that parallel work on hosts loses nothing. */
export function updateState(directory: string, change: (state: LabState) => LabState): LabState {
  const state = readState(directory);
  if (state === undefined) {
    throw new OperatorError('lab/not-running', { message: `The lab in ${directory} was taken down.` });
  }
  const changed = change(state);
  writeState(directory, changed);
  return changed;
}

/** Changes what is recorded of one host. */
export function updateHost(directory: string, name: string, change: (host: HostState) => Partial<HostState>): void {
  updateState(directory, (state) => ({
    ...state,
    hosts: state.hosts.map((host) => (host.name === name ? { ...host, ...change(host) } : host)),
  }));
}
