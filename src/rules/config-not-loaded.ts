import { formatDuration } from '../base/duration.ts';
import { count, list } from '../base/format.ts';
import type { NetworkNamespaceFact } from '../probes/network-namespace/fact.ts';
import type { NginxLoadedFact } from '../probes/nginx-loaded/fact.ts';
import type { NginxProcessFact } from '../probes/nginx-process/fact.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

const ID = 'config-not-loaded';

type Input = RuleInput<'tolerance_seconds'>;

/** F13: what was read is not what runs: the configuration, the binary, or the network stack. */
export const configNotLoadedRule = defineRule({
  id: ID,
  code: 'F13',
  title: 'What nginx runs is not what was read',
  needs: ['nginx-process'],
  uses: ['nginx-loaded', 'network-namespace'],
  thresholds: {
    tolerance_seconds: {
      default: 2,
      unit: 'seconds',
      help: 'A file may be this much newer than the workers, whose start is known to the second.',
    },
  },
  evaluate: (input: Input): readonly Finding[] => {
    const { 'nginx-process': process, 'nginx-loaded': loaded, 'network-namespace': namespaces } = input.facts;
    return [
      ...(process ? binaryReplaced(process) : []),
      ...(loaded ? configNewer(loaded, input) : []),
      ...(namespaces ? otherNamespace(namespaces) : []),
    ];
  },
});

function binaryReplaced({ masters }: NginxProcessFact): Finding[] {
  const replaced = masters.filter((master) => master.binaryReplaced === true);
  if (replaced.length === 0) return [];
  const pids = list(replaced.map(({ pid }) => String(pid)));
  const evidence = replaced.map(
    (master): Evidence => ({
      label: `Binary of nginx master ${master.pid}`,
      value: `${master.binary ?? 'unknown'} (deleted)`,
      source: `/proc/${master.pid}/exe`,
    }),
  );
  return [
    finding('binary', {
      title: 'The nginx binary was replaced while nginx runs',
      explanation: [
        `The binary of nginx master ${pids} is no longer on disk: a package upgrade without a restart.`,
        'nginx -v and nginx -T speak for the new binary, so defaults and configuration in force are not known. Restart or upgrade nginx in place, then run again.',
      ],
      evidence,
      blocks: ['nginx-config'],
    }),
  ];
}

function configNewer({ oldestWorkerStartedAt, newestConfig }: NginxLoadedFact, { thresholds }: Input): Finding[] {
  if (oldestWorkerStartedAt === null || newestConfig === null) return [];
  const lateSeconds = newestConfig.modifiedAt - oldestWorkerStartedAt;
  if (lateSeconds <= thresholds.tolerance_seconds) return [];
  return [
    finding('config', {
      title: 'The nginx configuration changed and was not loaded since',
      explanation: [
        `${newestConfig.path} changed ${formatDuration(lateSeconds * 1000)} after the oldest nginx worker started: what is on disk may not be in force.`,
        'Look at the change, test it with nginx -t and reload nginx, then run again.',
      ],
      evidence: [
        {
          label: 'Newest configuration file',
          value: utc(newestConfig.modifiedAt),
          source: `stat ${newestConfig.path}`,
        },
        {
          label: 'Start of the oldest worker',
          value: utc(oldestWorkerStartedAt),
          source: '/proc/PID/stat and btime of /proc/stat',
        },
      ],
      blocks: ['nginx-config'],
      place: newestConfig.path,
    }),
  ];
}

function otherNamespace({ own, nginxMasters }: NetworkNamespaceFact): Finding[] {
  const known = nginxMasters.filter(({ namespace }) => namespace !== null);
  if (known.length === 0 || known.length < nginxMasters.length || known.some(({ namespace }) => namespace === own))
    return [];
  const evidence = known.map(
    ({ pid, namespace }): Evidence => ({
      label: `Network namespace of nginx master ${pid}`,
      value: namespace ?? 'unknown',
      source: `/proc/${pid}/ns/net`,
    }),
  );
  return [
    finding('namespace', {
      title: 'nginx runs in another network namespace',
      explanation: [
        `${count(known.length, 'nginx master')} on this host and none in the namespace that was looked at (${own}): nginx is in a container.`,
        'The socket numbers and kernel settings are of the wrong network stack. Register the container, or a host inside that namespace, in the inventory.',
      ],
      evidence: [{ label: 'Network namespace of the probes', value: own, source: '/proc/self/ns/net' }, ...evidence],
      blocks: ['network-namespace', 'nginx-config'],
    }),
  ];
}

interface Parts extends Pick<Finding, 'title' | 'explanation' | 'evidence' | 'blocks'> {
  /** What the finding is about, when hosts may differ in it. */
  readonly place?: string;
}

function finding(kind: string, { place, ...parts }: Parts): Finding {
  return {
    rule: ID,
    severity: 'warning',
    ...parts,
    notConcluded: ['The other nginx findings are withheld until this is settled.'],
    confidence: 'high',
    groupKey: place === undefined ? `${ID}:${kind}` : `${ID}:${kind}:${place}`,
  };
}

/** Epoch seconds as `2026-11-22 07:48:43 UTC`. */
function utc(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
