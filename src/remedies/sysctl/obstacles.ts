import type { SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import type { Facts } from '../../probes/registry.ts';
import type { Planned } from '../remedy.ts';

/** A refusal with its reason. */
export function refused(reason: string): Extract<Planned, { kind: 'refused' }> {
  return { kind: 'refused', reason };
}

/** A plan with nothing to do, and why. */
export function nothing(reason: string): Extract<Planned, { kind: 'nothing' }> {
  return { kind: 'nothing', reason };
}

/** Why a kernel setting cannot be written from here; undefined = nothing stands against it. */
export function readOnlyObstacle({ sysctl }: Facts): string | undefined {
  if (sysctl?.readOnly !== true) return undefined;
  return '/proc/sys is mounted read-only here, as in a container: give the setting to whoever starts it (docker run --sysctl, or securityContext.sysctls of the pod).';
}

/** The same, for settings that shall serve nginx: the net settings belong to a network namespace. */
export function obstacleForNginx(facts: Facts): string | undefined {
  const namespaces = facts['network-namespace'];
  const foreign = namespaces?.nginxMasters.find(({ namespace }) => namespace !== null && namespace !== namespaces.own);
  if (foreign === undefined) return readOnlyObstacle(facts);
  return `nginx (pid ${foreign.pid}) runs in another network namespace, and the net.ipv4 settings of this one do not reach it: set them where that namespace is made.`;
}

/** Programs that may write the sysctl.d files or the runtime values again. */
export function rewriterRisks({ rewriters }: SysctlFilesFact): readonly string[] {
  return rewriters.map(({ program, sign }) =>
    program === 'tuned'
      ? `tuned is active (${sign}) and sets kernel settings of its own: see that its profile does not name these keys.`
      : `${program} writes kernel settings on this host (${sign}) and may undo the change: put it there, too.`,
  );
}
