import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import { type Facts, type ProbeId, probeById } from '../../src/probes/registry.ts';
import { createNetworkNamespace, type NetworkNamespace } from './network-namespace.ts';
import { sysctlFilesFact } from './network-facts.ts';

const CLIENT = fileURLToPath(new URL('./closing-client.mjs', import.meta.url));

/** How connections that were opened one after the other went. */
export interface Opened {
  readonly opened: number;
  /** EADDRNOTAVAIL: no local port was left. */
  readonly refused: number;
}

/** A namespace with one service at an address that is not loopback's, so that the kernel treats it as a remote one. */
export interface SysctlHost extends AsyncDisposable {
  readonly namespace: NetworkNamespace;
  /** Sets `KEY VALUE` pairs below /proc/sys/net/ipv4. */
  set(settings: Readonly<Record<string, string>>): void;
  /** Writes the runtime settings of a plan in their order; the drop-in is not for a namespace. */
  apply(actions: readonly ChangeAction[]): void;
  read(ids: readonly ProbeId[], intervalSeconds?: number): Facts;
  /** Opens connections to the service and closes each of them first. */
  open(count: number): Opened;
  /** The same beside what else is done, one after every pause; the returned function ends it. */
  openOnAndOn(pauseMs: number): Promise<() => Promise<void>>;
}

/** `10.98.0.1:8090` */
export const REMOTE = { host: '10.98.0.1', port: 8090 };

/** Makes the namespace and its service. */
export async function createSysctlHost(): Promise<SysctlHost> {
  const namespace = createNetworkNamespace();
  namespace.run(['ip', 'address', 'add', `${REMOTE.host}/32`, 'dev', 'lo']);
  await namespace.play({ listen: [REMOTE] });
  const set = (key: string, value: string): void => {
    const ran = namespace.run(['sh', '-c', 'printf "%s\\n" "$1" >"$2"', 'sh', value, key]);
    if (ran.exitCode !== 0) throw new Error(`${key} = ${value}: ${ran.stderr}`);
  };
  const client = (more: object): string[] => [process.execPath, CLIENT, JSON.stringify({ ...REMOTE, ...more })];
  return {
    namespace,
    set: (settings) => {
      for (const [key, value] of Object.entries(settings)) set(`/proc/sys/net/ipv4/${key}`, value);
    },
    apply: (actions) => {
      for (const action of actions) {
        if (action.kind === 'sysctl') set(`/proc/sys/${action.key.replaceAll('.', '/')}`, action.after);
      }
    },
    read: (ids, intervalSeconds = 0.2) => read(namespace, ids, intervalSeconds),
    open: (count) => JSON.parse(namespace.run(client({ count })).stdout),
    openOnAndOn: async (pauseMs) => {
      const argv = ['netns', 'exec', namespace.name, ...client({ pauseMs })];
      const child = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      onTestFinished(() => void child.kill());
      await once(child.stdout, 'data');
      return async () => {
        child.kill();
        await ended;
      };
    },
    [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
  };
}

function read(namespace: NetworkNamespace, ids: readonly ProbeId[], intervalSeconds: number): Facts {
  const facts = ids.map((id) => {
    const probe = probeById(id);
    const ran = namespace.run(probe.command({ sudo: false, intervalSeconds }).argv);
    const parsed = probe.parse({ ...ran, droppedBytes: 0 });
    if (!parsed.ok) throw new Error(parsed.reason);
    return [id, parsed.fact];
  });
  return { ...Object.fromEntries(facts), 'sysctl-files': sysctlFilesFact() };
}

/** The facts after a change, with the drop-in as the plan writes it. */
export function withDropIn(facts: Facts, actions: readonly ChangeAction[]): Facts {
  const file = actions.find((action) => action.kind === 'file');
  return { ...facts, 'sysctl-files': sysctlFilesFact({ ownDropIn: file?.kind === 'file' ? file.after : null }) };
}
