import type { HostName } from '../../base/ids.ts';
import { type BatchSize, batchesOf, compareCaution, DEFAULT_BATCHES } from '../rollout.ts';
import type { PolicyRule, PolicyRules, Risk, RuleTerms } from './rules.ts';

/** What a change is, as far as the policy asks. */
export interface Subject {
  readonly runbook: string;
  readonly remedy: string;
  readonly risk: Risk;
  readonly hosts: readonly HostName[];
}

/** The conditions under which a change may be made: the strictest of those of its hosts. */
export interface ChangeTerms {
  readonly approvals: number;
  readonly expireAfterMs: number;
  /** Whether the policy wants the proposal's name typed. */
  readonly typed: boolean;
  readonly unproven: 'keep' | 'undo';
  readonly confirmWithinMs: number;
  readonly batches: readonly BatchSize[];
  /** Part of the asked hosts that must have answered, 0 to 1. */
  readonly coverage: number;
  /** Words for "May approve: …". */
  readonly approvers: string;
}

/** What holds where no rule says otherwise. */
export const DEFAULT_TERMS: RuleTerms = {
  run: ['run'],
  approve: ['approve'],
  approvals: 1,
  expireAfterMs: 3_600_000,
  typed: false,
  unproven: 'keep',
  confirmWithinMs: 120_000,
  batches: DEFAULT_BATCHES,
  coverage: 0.5,
};

/** A policy without a file: the roles of the people, and the defaults. */
export const DEFAULT_RULES: PolicyRules = {
  roles: new Map(),
  rules: [],
  otherwise: DEFAULT_TERMS,
  freezes: [],
  breakGlass: undefined,
  knownHosts: undefined,
};

/** The terms that decide about a change on each of its hosts, every one once: the first rule that matches, else the defaults. */
export function changeRules(policy: PolicyRules, subject: Subject): RuleTerms[] {
  return distinct(policy, subject.hosts, (rule, host) => matches(rule, subject, host));
}

/** The terms that decide about running a runbook. Rules about remedies or risks are about changes, and a run makes none. */
export function runRules(
  policy: PolicyRules,
  { runbook, hosts }: { readonly runbook: string; readonly hosts: readonly HostName[] },
): RuleTerms[] {
  return distinct(policy, hosts, (rule, host) => {
    const { remedies, risks } = rule.match;
    return remedies === undefined && risks === undefined && aboutRun(rule, runbook, host);
  });
}

function distinct(
  { rules, otherwise }: PolicyRules,
  hosts: readonly HostName[],
  decides: (rule: PolicyRule, host: HostName) => boolean,
): RuleTerms[] {
  const found = hosts.map((host) => rules.find((rule) => decides(rule, host))?.terms ?? otherwise);
  return [...new Set(found.length === 0 ? [otherwise] : found)];
}

function matches(rule: PolicyRule, { runbook, remedy, risk }: Subject, host: HostName): boolean {
  const { remedies, risks } = rule.match;
  return (remedies?.includes(remedy) ?? true) && (risks?.includes(risk) ?? true) && aboutRun(rule, runbook, host);
}

function aboutRun({ match: { runbooks, hosts } }: PolicyRule, runbook: string, host: HostName): boolean {
  return (runbooks?.includes(runbook) ?? true) && (hosts?.has(host) ?? true);
}

/** The strictest combination of the terms of several hosts: whoever wants more is given it. */
export function strictest(terms: readonly RuleTerms[], hosts: readonly HostName[]): ChangeTerms {
  return {
    approvals: Math.max(...terms.map(({ approvals }) => approvals)),
    expireAfterMs: Math.min(...terms.map(({ expireAfterMs }) => expireAfterMs)),
    typed: terms.some(({ typed }) => typed),
    unproven: terms.some(({ unproven }) => unproven === 'undo') ? 'undo' : 'keep',
    confirmWithinMs: Math.min(...terms.map(({ confirmWithinMs }) => confirmWithinMs)),
    batches: mostCautious(terms, hosts),
    coverage: Math.max(...terms.map(({ coverage }) => coverage)),
    approvers: terms.map(({ approve }) => roleWords(approve)).join('; and of them, '),
  };
}

/** The batches that are the most cautious ones when these hosts are cut into them. */
function mostCautious(terms: readonly RuleTerms[], hosts: readonly HostName[]): readonly BatchSize[] {
  const steps = terms.map(({ batches }) => ({ batches, cut: batchesOf(hosts, batches) }));
  steps.sort((a, b) => compareCaution(a.cut, b.cut));
  return steps[0]?.batches ?? DEFAULT_BATCHES;
}

/** "sre-leads or dba". */
export function roleWords(roles: readonly string[]): string {
  return roles.length === 0 ? 'nobody' : roles.join(' or ');
}
