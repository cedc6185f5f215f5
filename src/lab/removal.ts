import { rmSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { processesIn, removeLink, removeNamespace } from './network.ts';
import { bootId, isAlive, signal, waitUntil } from './process.ts';
import { type LabState, recordedLabs } from './state.ts';

const END_TIMEOUT_MS = 10_000;

/** What removal needs besides the record. */
export interface RemovalDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Removes what a lab's record names: processes, links, namespaces, and last the state directory. What is already gone
 * is passed over, so it can be repeated. Throws `lab/failed` when processes do not end; the record is kept then.
 */
export async function removeLab({ clock }: RemovalDeps, directory: string, state: LabState): Promise<void> {
  if (state.bootId === bootId()) {
    const namespaces = [...state.hosts.map(({ namespace }) => namespace), state.network.namespace];
    for (const recorded of [state.load?.process, ...state.hosts.map((host) => host.process)]) {
      if (recorded) signal(recorded, 'SIGKILL');
    }
    const ended = await Promise.all(namespaces.map((namespace) => endProcesses(clock, namespace)));
    if (ended.includes(false)) {
      throw new OperatorError('lab/failed', {
        message: `Processes of lab ${state.id} did not end within ${END_TIMEOUT_MS / 1000} s.`,
        hint: `See \`ip netns pids\` for ${namespaces.join(', ')}, and take the lab down again.`,
      });
    }
    await removeLink(state.network.link);
    await Promise.all(namespaces.map(removeNamespace));
  }
  rmSync(directory, { recursive: true, force: true });
}

/** Removes the labs whose owner died without taking them down, and the records of labs from before a restart. */
export async function removeDeadLabs(deps: RemovalDeps, stateRoot: string): Promise<void> {
  for (const { directory, state } of recordedLabs(stateRoot)) {
    if (!isDead(state)) continue;
    deps.logger.info('removing what a dead lab left behind', { lab: state.id });
    try {
      await removeLab(deps, directory, state);
    } catch (error) {
      deps.logger.warn('a dead lab could not be removed', { lab: state.id, error: messageOf(error) });
    }
  }
}

/** A detached lab is dead when the machine was restarted or all of its hosts are gone; an owned one with its owner. */
export function isDead(state: LabState): boolean {
  if (state.bootId !== bootId()) return true;
  if (state.owner !== null) return !isAlive(state.owner);
  return state.hosts.every((host) => host.process === null || !isAlive(host.process));
}

/** Everything in a namespace of the lab is the lab's, also what was started in it and never recorded. */
async function endProcesses(clock: Clock, namespace: string): Promise<boolean> {
  return waitUntil(clock, END_TIMEOUT_MS, async () => {
    const pids = await processesIn(namespace);
    for (const pid of pids) kill(pid);
    return pids.length === 0;
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
