import { count } from '../../base/format.ts';
import type { Redact } from '../../base/redact.ts';
import type { NetworkNamespaceFact } from '../../probes/network-namespace/fact.ts';
import type { NginxMaster, NginxProcessFact } from '../../probes/nginx-process/fact.ts';
import type { Parsed } from '../../probes/probe.ts';
import { check, harmless } from './check.ts';
import type { Check } from './model.ts';

/** What was found out about nginx. */
export interface NginxSeen {
  readonly process: Parsed<NginxProcessFact>;
  readonly namespace: Parsed<NetworkNamespaceFact>;
  /** Whether the login user finds an nginx to call. */
  readonly installed: boolean;
}

/** Whether nginx runs where the probes look. */
export function judgeNginx({ process, namespace, installed }: NginxSeen, redact: Redact): Check {
  if (!process.ok) {
    return check('nginx', 'warning', 'Whether nginx runs is not known.', {
      detail: harmless(process.reason, redact).replace(/\.$/, ''),
    });
  }
  const [master, ...others] = process.fact.masters;
  if (!master) return notRunning(installed);
  const name = versionOf(master, redact);
  const saw =
    others.length === 0 ? `${name} runs.` : `${count(others.length + 1, 'nginx master')} run, one of them ${name}.`;
  const where = namespace.ok ? placeOf(namespace.fact, master.pid) : 'unknown';
  const detail = `master ${master.pid}, ${count(master.workers, 'worker')}, ${WHERE[where]}`;
  if (where !== 'foreign') return check('nginx', 'ok', saw, { detail });
  return check('nginx', 'warning', `${saw} Its connections cannot be seen from the login's network namespace.`, {
    detail,
    todo: 'Give the inventory a way into that namespace, such as an sshd in it; runs here look at other sockets than nginx has.',
  });
}

const WHERE = {
  same: "in the login's network namespace",
  foreign: 'in another network namespace',
  unknown: 'its network namespace cannot be told without root',
} as const;

function placeOf({ own, nginxMasters }: NetworkNamespaceFact, pid: number): keyof typeof WHERE {
  const found = nginxMasters.find((master) => master.pid === pid)?.namespace;
  if (found === undefined || found === null) return 'unknown';
  return found === own ? 'same' : 'foreign';
}

function versionOf({ version }: NginxMaster, redact: Redact): string {
  return version === null ? 'nginx of an unknown version' : harmless(`${version.flavor} ${version.text}`, redact);
}

function notRunning(installed: boolean): Check {
  return installed
    ? check('nginx', 'warning', 'nginx is installed but does not run.', { todo: 'Start it, if it should run here.' })
    : check('nginx', 'ok', 'nginx is neither installed nor running.');
}
