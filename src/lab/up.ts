import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { startHost } from './host.ts';
import { chooseUser, createKey, type LoginUser, writeHostFiles } from './host-files.ts';
import { attachHostNetwork, chooseSubnet, createSwitch } from './network.ts';
import { ensurePackages } from './packages.ts';
import { bootId, identify } from './process.ts';
import { programsDirectory } from './programs.ts';
import { removeDeadLabs, removeLab } from './removal.ts';
import { defaultStateRoot, type HostState, type LabState, labDirectory, updateHost, writeState } from './state.ts';

const LOGIN = 'countersign';
const SSH_PORT = 22;
const MAX_WEB_HOSTS = 32;
const DEFAULT_WEB_HOSTS = 3;

/** What a lab is made with. */
export interface UpOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Up to eight lower-case letters and digits, unique on this machine; random by default. */
  readonly id?: string;
  /** Three by default. */
  readonly webHosts?: number;
  /** The folder that holds the state directory; the system's folder for temporary files by default. */
  readonly stateRoot?: string;
}

/**
 * Makes a lab and answers its state directory: hosts with their own network, mounts, processes and accounts, joined by
 * a switch. Removes what dead labs left behind before, and its own leavings when it fails in the middle.
 */
export async function raiseLab(options: UpOptions): Promise<string> {
  const { logger, clock, stateRoot = defaultStateRoot() } = options;
  await ensurePackages(logger);
  const programs = programsDirectory();
  await removeDeadLabs({ clock, logger }, stateRoot);
  const state = await planLab(options);
  const directory = labDirectory(stateRoot, state.id);
  makeDirectory(directory, state.id);
  writeState(directory, state);
  try {
    await build({ clock, directory, programs, state });
  } catch (error) {
    logger.error('the lab could not be made', { lab: state.id, error: messageOf(error) });
    await removeLab({ clock, logger }, directory, state);
    throw error;
  }
  return directory;
}

/** The client key that logs in to every host of a lab. */
export function identityFile(directory: string): string {
  return join(directory, 'client', 'id_ed25519');
}

/** Every name is decided and recorded before anything is made, so that whatever exists can be found by record. */
async function planLab({ ids, clock, ...options }: UpOptions): Promise<LabState> {
  const id = options.id ?? ids.nonce().slice(0, 6);
  if (!/^[a-z0-9]{1,8}$/.test(id))
    throw invalid(`A lab's id has up to eight lower-case letters and digits; got "${id}".`);
  const count = options.webHosts ?? DEFAULT_WEB_HOSTS;
  if (!Number.isInteger(count) || count < 1 || count > MAX_WEB_HOSTS) {
    throw invalid(`A lab has 1 to ${MAX_WEB_HOSTS} web hosts; got ${count}.`);
  }
  const subnet = await chooseSubnet(ids);
  const names = Array.from({ length: count }, (_, index) => `web-${index + 1}`);
  return {
    id,
    bootId: bootId(),
    createdAt: clock.now(),
    owner: identify(process.pid) ?? null,
    network: { namespace: `cs-${id}-net`, link: `cs-${id}`, subnet },
    user: LOGIN,
    hosts: [...names, 'db-1'].map((name, index) => planHost(id, subnet, name, index + 1)),
    load: null,
  };
}

function planHost(id: string, subnet: string, name: string, number: number): HostState {
  return {
    name,
    role: name.startsWith('web-') ? 'web' : 'plain',
    address: `${subnet}.${10 + number}`,
    port: SSH_PORT,
    namespace: `cs-${id}-${name}`,
    hostKey: '',
    process: null,
    faults: [],
  };
}

interface Build {
  readonly clock: Clock;
  readonly directory: string;
  readonly programs: string;
  readonly state: LabState;
}

async function build(deps: Build): Promise<void> {
  const { directory, state } = deps;
  const [clientKey] = await Promise.all([
    createKey(identityFile(directory), `countersign-lab-${state.id}`),
    createSwitch(state.network),
  ]);
  const user = chooseUser(state.user);
  await settled([...state.hosts.map((host) => buildHost(deps, { host, user, clientKey }))]);
}

async function buildHost(
  { clock, directory: lab, programs, state }: Build,
  { host, user, clientKey }: { readonly host: HostState; readonly user: LoginUser; readonly clientKey: string },
): Promise<void> {
  const directory = join(lab, 'hosts', host.name);
  const [hostKey] = await Promise.all([
    writeHostFiles({ directory, host, user, clientKey, programs, neighbours: state.hosts }),
    attachHostNetwork(state.network, host),
  ]);
  updateHost(lab, host.name, () => ({ hostKey }));
  await startHost({
    clock,
    directory,
    host,
    started: (process_) => updateHost(lab, host.name, () => ({ process: process_ })),
  });
}

/** Waits for all, also when one fails: nothing may still be under way when the leavings are removed. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

function makeDirectory(directory: string, id: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    throw new OperatorError('lab/failed', {
      message: `The state directory of lab ${id} could not be made: ${messageOf(cause)}.`,
      hint: 'If a lab of this id is up, take it down first or choose another id.',
      cause,
    });
  }
}

function invalid(message: string): OperatorError {
  return new OperatorError('request/invalid', { message });
}
