import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { type Conclusions, evaluateRules } from '../../src/rules/evaluate.ts';
import type { Finding, Rule } from '../../src/rules/rule.ts';

/** What the rules conclude from these facts, with their default thresholds. */
export function conclusionsOf(facts: Facts, ...rules: readonly Rule[]): Conclusions {
  return evaluateRules({
    host: asHostName('web-1'),
    facts,
    at: 0,
    rules: rules.map((rule) => ({ rule, thresholds: {} })),
  });
}

/** The one finding of a rule; undefined when it stays silent. More than one is an error. */
export function findingIn(facts: Facts, rule: Rule): Finding | undefined {
  const { findings } = conclusionsOf(facts, rule);
  if (findings.length > 1) throw new Error(`${rule.id} concluded ${findings.length} things`);
  return findings[0];
}
