import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { evaluateRules } from '../../src/rules/evaluate.ts';
import { defineRule, type Finding, type Rule, type RuleInput, type Topic } from '../../src/rules/rule.ts';
import { socketsFact, sysctlFact } from '../helpers/network-facts.ts';

const host = asHostName('web-1');

function found(rule: string, blocks?: readonly Topic[]): Finding {
  return {
    rule,
    severity: 'warning',
    title: `${rule} says so`,
    explanation: [],
    evidence: [],
    notConcluded: [],
    confidence: 'high',
    groupKey: rule,
    ...(blocks ? { blocks } : {}),
  };
}

function rule(id: string, parts: Partial<Rule> = {}): Rule {
  return { id, code: 'F0', title: id, needs: [], thresholds: {}, evaluate: () => [found(id)], ...parts };
}

function evaluate(rules: readonly Rule[], facts = {}) {
  return evaluateRules({ host, facts, at: 1000, rules: rules.map((each) => ({ rule: each, thresholds: {} })) });
}

describe('evaluating rules', () => {
  it('names a rule that lacks facts, and which ones', () => {
    const answer = evaluate([rule('a', { needs: ['sockets', 'sysctl', 'listeners'] })], { sysctl: sysctlFact() });
    expect(answer).toEqual({
      findings: [],
      notConcluded: [{ rule: 'a', because: 'needs sockets and listeners, which this host did not give' }],
    });
  });

  it('asks a rule whose facts are all there', () => {
    const facts = { sysctl: sysctlFact(), sockets: socketsFact([]) };
    expect(evaluate([rule('a', { needs: ['sockets', 'sysctl'] })], facts)).toEqual({
      findings: [found('a')],
      notConcluded: [],
    });
  });

  it('withholds what stands on a blocked topic, whichever rule comes first, and says why', () => {
    const blocker = rule('blocker', { evaluate: () => [found('blocker', ['nginx-config'])] });
    const dependent = rule('dependent', { dependsOn: ['nginx-config'] });
    const free = rule('free', { dependsOn: ['network-namespace'] });
    for (const order of [
      [blocker, dependent, free],
      [dependent, free, blocker],
    ]) {
      const answer = evaluate(order);
      expect(answer.findings.map((finding) => finding.rule).sort()).toEqual(['blocker', 'free']);
      expect(answer.notConcluded).toEqual([
        {
          rule: 'dependent',
          because: 'the nginx configuration on disk is not known to be the one in force (blocker says so)',
        },
      ]);
    }
  });

  it('does not let a rule withhold its own finding', () => {
    const answer = evaluate([
      rule('self', { dependsOn: ['nginx-config'], evaluate: () => [found('self', ['nginx-config'])] }),
    ]);
    expect(answer.findings).toHaveLength(1);
  });

  it('gives each rule its thresholds: the default, or what the runbook sets', () => {
    const seen: Record<string, number>[] = [];
    const asking = defineRule({
      id: 'asking',
      code: 'F0',
      title: 'asking',
      needs: [],
      thresholds: { low: { default: 1, unit: 'x', help: '' }, high: { default: 2, unit: 'x', help: '' } },
      evaluate: ({ thresholds, at }: RuleInput<'low' | 'high'>) => {
        seen.push({ ...thresholds, at });
        return [];
      },
    });
    const answer = evaluateRules({ host, facts: {}, at: 7, rules: [{ rule: asking, thresholds: { high: 9 } }] });
    expect(seen).toEqual([{ low: 1, high: 9, at: 7 }]);
    expect(answer).toEqual({ findings: [], notConcluded: [] });
  });
});
