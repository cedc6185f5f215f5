import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { didYouMean } from '../base/near-match.ts';
import { findFault } from './faults/registry.ts';
import { attachHost, type LabHost, type ServiceOutcome } from './host.ts';
import type { LabNetwork } from './network.ts';
import { SERVICES } from './nginx-config.ts';
import { identify, isAlive } from './process.ts';
import { programsDirectory } from './programs.ts';
import { removeLab } from './removal.ts';
import type { CommandOutput, RunOptions } from './run.ts';
import {
  defaultStateRoot,
  type HostState,
  type LabState,
  labDirectory,
  readState,
  recordedLabs,
  updateHost,
  updateState,
} from './state.ts';
import { endLoad, type LoadRequest, type LoadSummary, readProgress, startLoad } from './traffic.ts';
import { identityFile, raiseLab, type UpOptions } from './up.ts';

/** A lab host as the inventory names it. */
export interface LabEntry {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly groups: readonly string[];
  readonly tags: readonly string[];
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  readonly identityFile: string;
}

/** What a lab is doing now. */
export interface LabStatus {
  readonly id: string;
  /** `10.81.7.0/24` */
  readonly subnet: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Whether it outlives the process that made it. */
  readonly detached: boolean;
  readonly hosts: readonly HostStatus[];
  readonly load: { readonly ratePerHost: number; readonly mode: string; readonly hosts: readonly string[] } | undefined;
}

/** What one lab host is doing now. */
interface HostStatus {
  readonly name: string;
  readonly address: string;
  readonly running: boolean;
  readonly faults: readonly string[];
  readonly services: readonly { readonly name: string; readonly port: number; readonly listening: boolean }[];
}

/** What an open lab needs. */
export interface LabDeps {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Makes a lab; it belongs to this process until `detach`. Throws `lab/…`, and leaves nothing behind when it does. */
export async function upLab(options: UpOptions): Promise<Lab> {
  return new Lab(options, await raiseLab(options));
}

/** Opens a lab that is up, by id, or the only one. Throws `lab/not-running`, or `request/invalid` when it is ambiguous. */
export function openLab(options: LabDeps & { readonly id?: string; readonly stateRoot?: string }): Lab {
  const { id, stateRoot = defaultStateRoot() } = options;
  const labs = recordedLabs(stateRoot).filter(({ state }) => state.hosts.some(runs));
  const ids = labs.map(({ state }) => state.id);
  const wanted = id ?? (ids.length === 1 ? ids[0] : undefined);
  if (wanted !== undefined && ids.includes(wanted)) return new Lab(options, labDirectory(stateRoot, wanted));
  if (id === undefined && ids.length > 1) {
    throw new OperatorError('request/invalid', {
      message: `Several labs are up: ${ids.join(', ')}.`,
      hint: 'Name one of them.',
    });
  }
  throw new OperatorError('lab/not-running', {
    message: id === undefined ? 'No lab is up.' : `No lab "${id}" is up.`,
    hint: 'Start one with `countersign lab up`.',
  });
}

/** A lab that is up. All state is in its directory, so that several processes can act on the same lab. */
export class Lab {
  readonly id: string;
  readonly directory: string;
  readonly #deps: LabDeps;

  constructor(deps: LabDeps, directory: string) {
    this.#deps = deps;
    this.directory = directory;
    this.id = this.#state().id;
  }

  get hosts(): readonly LabEntry[] {
    const { hosts, user } = this.#state();
    return hosts.map(({ name, role, address, port, hostKey }) => ({
      name,
      address,
      port,
      user,
      groups: [role === 'web' ? 'web' : 'db'],
      tags: role === 'web' ? ['lab', 'nginx'] : ['lab'],
      hostKey,
      identityFile: identityFile(this.directory),
    }));
  }

  /** The inventory file for the bot that is to look after this lab. */
  inventoryYaml(): string {
    const lines = this.hosts.flatMap((host) => [
      `  - name: ${host.name}`,
      `    address: ${host.address}`,
      `    port: ${host.port}`,
      `    user: ${host.user}`,
      `    groups: [${host.groups.join(', ')}]`,
      `    tags: [${host.tags.join(', ')}]`,
      `    host_key: ${JSON.stringify(host.hostKey)}`,
      `    identity_file: ${JSON.stringify(host.identityFile)}`,
      '    sudo: passwordless',
    ]);
    return ['hosts:', ...lines, ''].join('\n');
  }

  /** Switches a fault on or off on the named hosts, or on all hosts that can have it; other faults of a host stay. */
  async fault(name: string, hosts: readonly string[] | 'all', direction: 'on' | 'off'): Promise<void> {
    const fault = findFault(name);
    const { network } = this.#state();
    await Promise.all(
      this.#choose(hosts, fault.role).map(async (state) => {
        const host = attachHost(network, state);
        const record = (change: (others: readonly string[]) => readonly string[]) =>
          updateHost(this.directory, state.name, ({ faults }) => ({
            faults: [...change(faults.filter((other) => other !== name))],
          }));
        if (direction === 'on') {
          record((others) => [...others, name]);
          await fault.apply(host);
        } else {
          await fault.clear(host);
          record((others) => others);
          for (const other of state.faults.filter((one) => one !== name)) await findFault(other).apply(host);
        }
      }),
    );
  }

  /** Starts paced load from the lab's client; a load that still runs is ended first. */
  async load(request: LoadRequest): Promise<void> {
    await this.stopLoad();
    const hosts = this.#choose(request.hosts ?? 'all', 'web').map(({ name }) => name);
    const programs = programsDirectory();
    const started = await startLoad({
      clock: this.#deps.clock,
      directory: this.directory,
      state: this.#state(),
      programs,
      request: { ...request, hosts },
    });
    const { ratePerHost, mode = 'keep-alive' } = request;
    updateState(this.directory, (state) => ({ ...state, load: { process: started, hosts, ratePerHost, mode } }));
  }

  /** Ends the load and answers what it came to; undefined when none was started. */
  async stopLoad(): Promise<LoadSummary | undefined> {
    const { load } = this.#state();
    if (load === null) return undefined;
    updateState(this.directory, (state) => ({ ...state, load: null }));
    return endLoad(this.#deps.clock, this.directory, load.process);
  }

  /** What the load has come to until a second ago, without stopping it; undefined when none runs. */
  loadProgress(): LoadSummary | undefined {
    const { load } = this.#state();
    return load !== null && isAlive(load.process) ? readProgress(this.directory) : undefined;
  }

  /** Starts or stops the service on a port of a web host. */
  service(host: string, port: number, action: 'start' | 'stop'): Promise<ServiceOutcome> {
    if (!SERVICES.some((service) => service.port === port)) {
      const ports = SERVICES.map((service) => service.port).join(', ');
      throw new OperatorError('request/invalid', { message: `Web hosts have services on ${ports}; got ${port}.` });
    }
    return this.#host(host, 'web').service(port, action);
  }

  /** Runs a command as root inside a host: for tests and checks, never for the product. */
  exec(host: string, argv: readonly string[], options?: RunOptions): Promise<CommandOutput> {
    return this.#host(host, 'any').exec(argv, options);
  }

  async status(): Promise<LabStatus> {
    const { id, network, createdAt, owner, hosts, load } = this.#state();
    const running = load !== null && isAlive(load.process);
    return {
      id,
      subnet: `${network.subnet}.0/24`,
      createdAt,
      detached: owner === null,
      hosts: await Promise.all(hosts.map((host) => hostStatus(network, host))),
      load: running ? { ratePerHost: load.ratePerHost, mode: load.mode, hosts: load.hosts } : undefined,
    };
  }

  /** Lets the lab outlive this process; only `down`, a restart of the machine or the end of all its hosts ends it. */
  detach(): void {
    updateState(this.directory, (state) => ({ ...state, owner: null }));
  }

  /** Removes the lab and everything that it made; may be repeated. */
  async down(): Promise<void> {
    const state = readState(this.directory);
    if (state !== undefined) await removeLab(this.#deps, this.directory, state);
  }

  /** Takes the lab down if it belongs to this process. */
  async [Symbol.asyncDispose](): Promise<void> {
    const owner = readState(this.directory)?.owner;
    if (owner && identify(process.pid)?.startTicks === owner.startTicks && owner.pid === process.pid) await this.down();
  }

  #state(): LabState {
    const state = readState(this.directory);
    if (state !== undefined) return state;
    throw new OperatorError('lab/not-running', { message: `The lab in ${this.directory} was taken down.` });
  }

  #host(name: string, role: 'web' | 'any'): LabHost {
    const [state] = this.#choose([name], role);
    if (state === undefined) throw new Error('a named host is chosen or refused');
    return attachHost(this.#state().network, state);
  }

  #choose(names: readonly string[] | 'all', role: 'web' | 'any'): HostState[] {
    const able = this.#state().hosts.filter((host) => role === 'any' || host.role === role);
    if (names === 'all') return able;
    const known = able.map(({ name }) => name);
    return names.map((name) => able.find((host) => host.name === name) ?? refuse(name, known));
  }
}

function runs(host: HostState): boolean {
  return host.process !== null && isAlive(host.process);
}

async function hostStatus(network: LabNetwork, state: HostState): Promise<HostStatus> {
  const { name, address, faults, role } = state;
  const running = runs(state);
  const listeners = running ? (await attachHost(network, state).exec(['/run/lab/ss', '-Htln'])).stdout : '';
  const services = role === 'web' ? SERVICES : [];
  return {
    name,
    address,
    running,
    faults,
    services: services.map((service) => ({ ...service, listening: listeners.includes(`127.0.0.1:${service.port} `) })),
  };
}

function refuse(name: string, known: readonly string[]): never {
  throw new OperatorError('request/unknown-host', {
    message: `The lab has no host "${name}" for this.`,
    hint: didYouMean(name, known) ?? `Hosts: ${known.join(', ')}.`,
  });
}
