import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { isProbeId } from '../../src/probes/registry.ts';
import { evaluateRules } from '../../src/rules/evaluate.ts';
import { RULES } from '../../src/rules/registry.ts';

describe('the registered rules', () => {
  it('have ids and numbers of their own', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
    expect(new Set(RULES.map(({ code }) => code)).size).toBe(RULES.length);
  });

  it('name their thresholds as YAML does, with a unit and a help text', () => {
    for (const [name, threshold] of RULES.flatMap(({ thresholds }) => Object.entries(thresholds))) {
      expect(name).toMatch(/^[a-z]+(_[a-z0-9]+)*$/);
      expect(Number.isFinite(threshold.default)).toBe(true);
      expect(threshold.unit).not.toBe('');
      expect(threshold.help).not.toBe('');
    }
  });

  it('ask only for facts that some probe gives', () => {
    for (const probe of RULES.flatMap(({ needs, uses }) => [...needs, ...(uses ?? [])]))
      expect(isProbeId(probe)).toBe(true);
  });

  it('are each named as not concluded on a host that answered nothing', () => {
    const rules = RULES.map((rule) => ({ rule, thresholds: {} }));
    const { findings, notConcluded } = evaluateRules({ host: asHostName('web-1'), facts: {}, at: 0, rules });
    expect(findings).toEqual([]);
    expect(notConcluded.map(({ rule }) => rule)).toEqual(RULES.map(({ id }) => id));
  });
});
