import type { Probe } from '../probes/probe.ts';
import type { Remedy } from '../remedies/remedy.ts';
import type { Catalogue } from '../runbook/catalogue.ts';
import type { Runbook } from '../runbook/runbook.ts';
import { PACKAGED_NGINX, receiptRights } from './receipt-rights.ts';

/** What root is needed for on a host, as commands of sudoers(5), each once. */
export interface HostRights {
  /** To look. */
  readonly reads: readonly string[];
  /** To make and undo the changes that runbooks offer. */
  readonly changes: readonly string[];
}

/** The least rights that these runbooks need: of the probes they and their remedies ask, and of what the remedies touch. */
export function hostRights(runbooks: readonly Runbook[], catalogue: Catalogue): HostRights {
  const remedies = [...new Set(runbooks.flatMap(({ offers }) => offers.map(({ remedy }) => remedy)))];
  const asked = [...runbooks.flatMap(({ steps }) => steps.map(({ probe }) => probe)), ...remedies.flatMap(probesOf)];
  const reads = unique(asked.flatMap((probe) => probe.sudo));
  const changes = receiptRights({
    sysctls: unique(remedies.flatMap(({ touches }) => touches.sysctls)),
    files: unique(remedies.flatMap(({ touches }) => touches.files)),
    nginx: remedies.some(({ touches }) => touches.nginx) ? [PACKAGED_NGINX] : [],
  });
  return { reads, changes: changes.filter((right) => !reads.includes(right)) };

  function probesOf({ needs, uses = [], proofs }: Remedy): Probe[] {
    const looks = proofs.flatMap((proof) => (proof ? [...proof.needs, ...(proof.uses ?? [])] : []));
    return [...needs, ...uses, ...looks].flatMap((id) => catalogue.probes.get(id) ?? []);
  }
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** The file for /etc/sudoers.d that gives a login user these rights without a password. */
export function sudoersText(user: string, { reads, changes }: HostRights): string {
  const grants = (rights: readonly string[]) => rights.map((right) => `${user} ALL=(root) NOPASSWD: ${right}`);
  return [
    `# What Countersign needs root for on a host; for /etc/sudoers.d, mode 0440.`,
    `Defaults:${user} !requiretty, !lecture`,
    '',
    '# To look.',
    ...grants(reads),
    ...(changes.length === 0
      ? []
      : [
          '',
          '# To make approved changes, and to undo them. Leave these out on hosts that are only looked at.',
          '# Arguments from ^ to $ are regular expressions, which sudo knows from 1.9.10 on. Whoever may write the',
          '# configuration of nginx can make it load a module as root: trust this user as you trust the approvers.',
          ...grants(changes),
        ]),
    '',
  ].join('\n');
}
