import { list } from '../../base/format.ts';
import type { NginxConfigFact } from '../../probes/nginx-config/fact.ts';
import type { FileOutline } from '../../probes/nginx-config/outline-fact.ts';
import type { NginxMaster, NginxVersion } from '../../probes/nginx-process/fact.ts';
import type { Facts, ProbeId } from '../../probes/registry.ts';
import type { Planned } from '../remedy.ts';
import { type Placed, placeAll } from './placed.ts';

/** What a plan for nginx's configuration needs to know, and what is read when it is there. */
export const EDITING_NEEDS = ['nginx-config', 'nginx-process', 'nginx-loaded'] as const satisfies readonly ProbeId[];

/** An nginx whose configuration may be edited. */
export interface EditableNginx {
  readonly config: NginxConfigFact;
  readonly files: readonly FileOutline[];
  readonly placed: readonly Placed[];
  readonly master: NginxMaster;
  readonly binary: string;
  readonly version: NginxVersion;
}

/** A file may be this much newer than the workers, whose start is known to the second. */
const TOLERANCE_SECONDS = 2;

/** The one nginx of a host, or why its configuration must not be edited now. */
export function editableNginx(facts: Facts): EditableNginx | Extract<Planned, { kind: 'refused' }> {
  const { 'nginx-config': config, 'nginx-process': process } = facts;
  if (!config || !process || !facts['nginx-loaded']) {
    return refused('The configuration, the master and the age of its workers are all needed to plan this.');
  }
  const [master, ...others] = process.masters;
  if (!master) return refused('No nginx runs on this host, so no change of its configuration can be proven.');
  if (others.length > 0) {
    const pids = list(process.masters.map(({ pid }) => String(pid)));
    return refused(`${process.masters.length} nginx masters run here (${pids}), and a plan is made only for one.`);
  }
  const obstacle = obstacleOf(facts, master);
  if (obstacle !== null) return refused(obstacle);
  if (master.binary === null || master.version === null) {
    return refused('The binary and version of the nginx master could not be read; that takes root.');
  }
  const placed = config.outline && placeAll(config.outline);
  if (!config.outline || !placed) {
    return refused('The configuration is too large to be edited safely; change it by hand.');
  }
  return { config, files: config.outline, placed, master, binary: master.binary, version: master.version };
}

/** F13 and what comes with it: a change on top of something that is not in force would be blamed for it. */
function obstacleOf(facts: Facts, master: NginxMaster): string | null {
  const { 'nginx-loaded': loaded, 'network-namespace': namespaces } = facts;
  if (master.binaryReplaced === true) {
    return 'The nginx binary was replaced on disk while nginx runs: restart or upgrade nginx first, then run again.';
  }
  if (master.globalDirectives !== undefined && !HARMLESS_GLOBALS.test(master.globalDirectives)) {
    return `The master was started with -g "${master.globalDirectives}", which nginx -t and nginx -s reload would not know of.`;
  }
  const newest = loaded?.newestConfig;
  const started = loaded?.oldestWorkerStartedAt;
  if (newest && typeof started === 'number' && newest.modifiedAt - started > TOLERANCE_SECONDS) {
    return `The running configuration differs from what is on disk: ${newest.path} changed after the workers started. Look at that change, reload nginx, then run again.`;
  }
  const its = namespaces?.nginxMasters.find(({ pid }) => pid === master.pid)?.namespace ?? null;
  if (namespaces && its !== null && its !== namespaces.own) {
    return 'nginx runs in another network namespace (a container); change the configuration of its image or its mount.';
  }
  return null;
}

/** Debian's and containers' start lines; neither matters to `-t` and `-s reload`. */
const HARMLESS_GLOBALS = /^(?:(?:daemon|master_process) (?:on|off);\s*)+$/;

/** Whether this nginx is that version or newer. */
export function atLeast(version: NginxVersion, major: number, minor: number, patch: number): boolean {
  const difference = version.major - major || version.minor - minor || version.patch - patch;
  return difference >= 0;
}

/** Which nginx a plan was made for: `nginx/1.22.1 /usr/sbin/nginx`. */
export function nginxText({ version, binary }: EditableNginx): string {
  return `${version.flavor}/${version.text} ${binary}`;
}

/** A refusal with its reason. */
export function refused(reason: string): Extract<Planned, { kind: 'refused' }> {
  return { kind: 'refused', reason };
}
