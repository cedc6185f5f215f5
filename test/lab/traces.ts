import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../src/lab/lab.ts';
import { processesIn } from '../../src/lab/network.ts';
import { identify, isAlive, type ProcessIdentity } from '../../src/lab/process.ts';
import { must } from '../../src/lab/run.ts';
import { readState } from '../../src/lab/state.ts';

/** What of a lab this machine shows, found without the lab's own help. */
export interface Traces {
  readonly namespaces: readonly string[];
  readonly links: readonly string[];
  readonly mounts: readonly string[];
  readonly commands: readonly string[];
  readonly directory: boolean;
}

/** Looks for a lab's id in namespaces, links, mounts and command lines, and for its state directory. */
export async function tracesOf({ id, directory }: Pick<Lab, 'id' | 'directory'>): Promise<Traces> {
  const having = (text: string): string[] => text.split('\n').filter((line) => line.includes(`-${id}`));
  return {
    namespaces: having(await must(['ip', 'netns', 'list'])),
    links: having(await must(['ip', '-o', 'link', 'show'])),
    mounts: having(readFileSync('/proc/self/mountinfo', 'utf8')),
    commands: having(commandLines()),
    directory: existsSync(directory),
  };
}

/** A machine on which nothing of a lab is left. */
export const NO_TRACES: Traces = { namespaces: [], links: [], mounts: [], commands: [], directory: false };

/** All processes in the namespaces of a lab, as they can be looked for after it is down. */
export async function processesOf(lab: Pick<Lab, 'directory'>): Promise<ProcessIdentity[]> {
  const state = readState(lab.directory);
  const namespaces = state === undefined ? [] : [state.network, ...state.hosts].map(({ namespace }) => namespace);
  const pids = await Promise.all(namespaces.map(processesIn));
  return pids.flat().flatMap((pid) => identify(pid) ?? []);
}

/** Those of the processes that still run. */
export function survivors(processes: readonly ProcessIdentity[]): ProcessIdentity[] {
  return processes.filter(isAlive);
}

/** Names, modes, times and contents of the files below the given paths, to be compared. */
export function snapshot(paths: readonly string[]): string {
  return paths
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]))
    .map((file) => {
      const { mode, uid, mtimeMs } = statSync(file);
      return `${file} ${mode} ${uid} ${mtimeMs} ${readFileSync(file).toString('base64')}`;
    })
    .join('\n');
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function commandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').replaceAll('\n', ' ');
      } catch {
        return '';
      }
    })
    .join('\n');
}
