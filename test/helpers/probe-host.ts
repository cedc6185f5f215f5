import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { Parsed, Probe } from '../../src/probes/probe.ts';
import { type FactTypes, type ProbeId, probeById } from '../../src/probes/registry.ts';
import { createFakeTools } from './fake-tools.ts';
import { createNetworkNamespace, type NetworkNamespace } from './network-namespace.ts';
import { type RealNginx, startNginx } from './nginx.ts';

/** How an nginx.conf for `nginx` begins. */
export const MAIN = 'user root; pid @/nginx.pid; error_log @/error.log;\nevents {}\n';

/** What the nginx shell functions and the probes themselves need. */
export const TOOLS = [
  ...['sh', 'awk', 'sed', 'grep', 'sort', 'head', 'tail', 'tr', 'cat', 'wc', 'id', 'ps', 'find', 'readlink', 'sleep'],
  ...['nginx', 'env', 'stat', 'cut'],
];

/** A network namespace that ends with the test. */
export function namespace(): NetworkNamespace {
  const made = createNetworkNamespace();
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

/** An nginx in a namespace that ends with the test; see startNginx. */
export async function nginx(host: NetworkNamespace, files: Readonly<Record<string, string>>): Promise<RealNginx> {
  const started = await startNginx(host, files);
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started;
}

/** Waits until a process prints that it is ready; when the test ends, its input is closed and its end waited for. */
export async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.stdin?.end();
    await ended;
  });
  if (!child.stdout) throw new Error('stdout is needed');
  await once(child.stdout, 'data');
}

/** How a probe is asked: as whom, with which PATH, over how many seconds; 1 unless told otherwise. */
export interface Asking {
  readonly as?: readonly string[];
  readonly path?: string;
  readonly intervalSeconds?: number;
}

/** What a probe makes of what its command prints in a namespace. */
export function tryAsk<Id extends ProbeId>(host: NetworkNamespace, id: Id, asking: Asking = {}): Parsed<FactTypes[Id]> {
  const probe: Probe<Id, FactTypes[Id]> = probeById(id);
  const { argv } = probe.command({ sudo: false, intervalSeconds: asking.intervalSeconds ?? 1 });
  const environment = asking.path === undefined ? {} : { PATH: asking.path };
  const ran = host.run([...(asking.as ?? []), ...argv], environment);
  return probe.parse({ ...ran, droppedBytes: 0 });
}

/** The fact that a probe reads in a namespace; throws when it reads none. */
export function ask<Id extends ProbeId>(host: NetworkNamespace, id: Id, asking: Asking = {}): FactTypes[Id] {
  const parsed = tryAsk(host, id, asking);
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

/** The same, read while the test goes on. */
export async function askMeanwhile<Id extends ProbeId>(
  host: NetworkNamespace,
  id: Id,
  intervalSeconds: number,
): Promise<FactTypes[Id]> {
  const probe: Probe<Id, FactTypes[Id]> = probeById(id);
  const child = spawn('ip', ['netns', 'exec', host.name, ...probe.command({ sudo: false, intervalSeconds }).argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  await once(child, 'close');
  const parsed = probe.parse({ stdout, stderr: '', exitCode: child.exitCode ?? -1, droppedBytes: 0 });
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

/** A PATH with nothing else in it. The system's own Python, since a version manager's stand-in needs more tools. */
export function only(...extra: readonly string[]): string {
  const real = extra.filter((name) => name !== 'python3');
  const scripts = extra.includes('python3') ? { python3: 'exec /usr/bin/python3 "$@"' } : {};
  const made = createFakeTools([...TOOLS, ...real], scripts);
  chmodSync(made.path, 0o755);
  onTestFinished(() => made[Symbol.dispose]());
  return made.path;
}
