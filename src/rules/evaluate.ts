import { list } from '../base/format.ts';
import type { HostName } from '../base/ids.ts';
import type { Facts } from '../probes/registry.ts';
import type { Finding, Rule, Topic } from './rule.ts';

/** A rule and the thresholds that a runbook sets; the others keep their defaults. */
interface RuleUse {
  readonly rule: Rule;
  readonly thresholds: Readonly<Record<string, number>>;
}

/** One host, its facts, and the rules to ask about it. */
export interface Evaluation {
  readonly host: HostName;
  readonly facts: Facts;
  /** Instant of the facts, ms since the epoch. */
  readonly at: number;
  readonly rules: readonly RuleUse[];
}

/** What the rules concluded, and which of them could conclude nothing, and why. */
export interface Conclusions {
  readonly findings: readonly Finding[];
  readonly notConcluded: readonly { readonly rule: string; readonly because: string }[];
}

const TOPIC_WORDS: Readonly<Record<Topic, string>> = {
  'nginx-config': 'the nginx configuration on disk is not known to be the one in force',
  'network-namespace': 'the numbers are not of the network stack that nginx uses',
};

/** Asks every rule; one that lacks a fact or stands on a blocked topic is named with the reason, never left out silently. */
export function evaluateRules({ host, facts, at, rules }: Evaluation): Conclusions {
  const missing = rules.flatMap(({ rule }) => missingFacts(rule, facts));
  const asked = rules
    .filter(({ rule }) => missingFacts(rule, facts).length === 0)
    .map(({ rule, thresholds }) => ({
      rule,
      findings: rule.evaluate({ host, facts, at, thresholds: { ...defaults(rule), ...thresholds } }),
    }));
  const blocked = blockedTopics(asked.flatMap(({ findings }) => findings));
  return {
    findings: asked.filter(({ rule }) => blockOf(rule, blocked) === undefined).flatMap(({ findings }) => findings),
    notConcluded: [
      ...missing,
      ...asked.flatMap(({ rule }) => {
        const because = blockOf(rule, blocked);
        return because === undefined ? [] : [{ rule: rule.id, because }];
      }),
    ],
  };
}

function missingFacts(rule: Rule, facts: Facts): Conclusions['notConcluded'] {
  const absent = rule.needs.filter((probe) => facts[probe] === undefined);
  return absent.length === 0 ? [] : [{ rule: rule.id, because: `needs ${list(absent)}, which this host did not give` }];
}

function defaults(rule: Rule): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(rule.thresholds).map(([name, threshold]) => [name, threshold.default]));
}

function blockedTopics(findings: readonly Finding[]): ReadonlyMap<Topic, Finding> {
  return new Map(findings.flatMap((finding) => (finding.blocks ?? []).map((topic) => [topic, finding] as const)));
}

function blockOf(rule: Rule, blocked: ReadonlyMap<Topic, Finding>): string | undefined {
  for (const topic of rule.dependsOn ?? []) {
    const by = blocked.get(topic);
    if (by !== undefined && by.rule !== rule.id) return `${TOPIC_WORDS[topic]} (${by.title})`;
  }
  return undefined;
}
