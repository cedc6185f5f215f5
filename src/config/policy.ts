import { parseDuration } from '../base/duration.ts';
import { OperatorError, type SourceLocation } from '../base/error.ts';
import { asPersonName } from '../base/ids.ts';
import { parseYaml, unknownName } from '../base/yaml-source.ts';
import type { Deadline } from '../engine/policy/deadlines.ts';
import type { PolicyRule, PolicyRules, RoleMembers, RuleTerms } from '../engine/policy/rules.ts';
import { DEFAULT_RULES, DEFAULT_TERMS } from '../engine/policy/terms.ts';
import { freezeOf } from './policy-freezes.ts';
import { hostsOf, invalid, list, type PolicyReading, type PolicySurroundings, unknown } from './policy-reading.ts';
import { PolicyFile, type RolloutEntry, type RuleEntry } from './policy-schema.ts';

/** A name that a rule of the policy uses, and where. */
interface NameUse {
  readonly kind: 'runbook' | 'remedy';
  readonly name: string;
  readonly location: SourceLocation;
}

/** The policy, and what in it only the rest of the program can check: names, and times that remedies need. */
export interface LoadedPolicy {
  readonly rules: PolicyRules;
  readonly names: readonly NameUse[];
  readonly deadlines: readonly Deadline[];
}

/** What holds without a policy file. */
export function withoutPolicy({ expireAfterMs }: PolicySurroundings): LoadedPolicy {
  return { rules: { ...DEFAULT_RULES, otherwise: { ...DEFAULT_TERMS, expireAfterMs } }, names: [], deadlines: [] };
}

/** The policy from its YAML text. Throws config/syntax or config/invalid with file:line:column. */
export function parsePolicy(file: string, text: string, around: PolicySurroundings): LoadedPolicy {
  const source = parseYaml(file, text, PolicyFile, { syntax: 'config/syntax', invalid: 'config/invalid' });
  const reading: PolicyReading = { ...around, source };
  const { rules = [], freezes = [], break_glass } = source.value;
  const otherwise = { ...DEFAULT_TERMS, expireAfterMs: around.expireAfterMs };
  if (break_glass) requireRoles(reading, break_glass.allow, ['break_glass', 'allow']);
  const known = rules.map((rule, index) => ruleOf(reading, rule, index, otherwise));
  return {
    rules: {
      roles: rolesOf(reading),
      rules: known,
      otherwise,
      freezes: freezes.map((freeze, index) => freezeOf(reading, freeze, index)),
      breakGlass: break_glass,
      knownHosts: new Set(around.inventory.hosts.map(({ name }) => name)),
    },
    names: rules.flatMap((rule, index) => namesOf(reading, rule, index)),
    deadlines: known.flatMap((rule, index) => {
      if (rules[index]?.rollout?.confirm_within === undefined) return [];
      return [{ rule, location: source.locate(['rules', index, 'rollout', 'confirm_within']) }];
    }),
  };
}

/** Refuses a policy that names runbooks or remedies that do not exist: its rule would never match. Throws config/invalid. */
export function requireKnownNames(
  names: readonly NameUse[],
  known: { readonly runbooks: readonly string[]; readonly remedies: readonly string[] },
): void {
  for (const { kind, name, location } of names) {
    const there = kind === 'runbook' ? known.runbooks : known.remedies;
    if (there.includes(name)) continue;
    const { message, hint } = unknownName(kind, name, there, location);
    throw new OperatorError('config/invalid', { message, location, ...(hint === undefined ? {} : { hint }) });
  }
}

function rolesOf(reading: PolicyReading): Map<string, RoleMembers> {
  const { source, people } = reading;
  const known = people.map(({ name }) => name);
  return new Map(
    Object.entries(source.value.roles ?? {}).map(([role, members]) => {
      members.people?.forEach((name, index) => {
        if (!known.includes(asPersonName(name)))
          throw unknown(reading, ['roles', role, 'people', index], `unknown person "${name}"`, name, known);
      });
      return [
        role,
        {
          people: new Set((members.people ?? []).map(asPersonName)),
          slackGroups: members.slack_groups ?? [],
          unixGroups: members.unix_groups ?? [],
        },
      ];
    }),
  );
}

function ruleOf(reading: PolicyReading, rule: RuleEntry, index: number, otherwise: RuleTerms): PolicyRule {
  const { match = {}, run, approve, approvals, expire_after, confirm, rollout } = rule;
  const at = ['rules', index];
  if (run && (match.remedies !== undefined || match.risk !== undefined))
    throw invalid(reading, [...at, 'run'], 'a rule about remedies or risk says nothing about running', {
      hint: 'A run changes nothing, so it has neither; put "run:" into a rule without "remedies:" and "risk:".',
    });
  requireRoles(reading, run ?? [], [...at, 'run']);
  requireRoles(reading, approve ?? [], [...at, 'approve']);
  const expireAfterMs =
    expire_after === undefined ? undefined : duration(reading, expire_after, [...at, 'expire_after'], 60_000);
  return {
    match: {
      runbooks: list(match.runbooks),
      remedies: list(match.remedies),
      risks: match.risk === undefined || Array.isArray(match.risk) ? match.risk : [match.risk],
      hosts: hostsOf(reading, match, [...at, 'match']),
    },
    terms: {
      run: run ?? otherwise.run,
      approve: approve ?? otherwise.approve,
      approvals: approvals ?? otherwise.approvals,
      expireAfterMs: expireAfterMs ?? otherwise.expireAfterMs,
      typed: confirm === 'typed',
      ...rolloutOf(reading, rollout ?? {}, [...at, 'rollout'], otherwise),
    },
  };
}

function rolloutOf(
  reading: PolicyReading,
  { batches, unproven, confirm_within, coverage }: RolloutEntry,
  at: readonly PropertyKey[],
  otherwise: RuleTerms,
): Pick<RuleTerms, 'batches' | 'unproven' | 'confirmWithinMs' | 'coverage'> {
  return {
    batches:
      batches?.map((size) => (typeof size === 'number' ? { hosts: size } : { percent: percentOf(size) })) ??
      otherwise.batches,
    unproven: unproven ?? otherwise.unproven,
    confirmWithinMs:
      confirm_within === undefined
        ? otherwise.confirmWithinMs
        : duration(reading, confirm_within, [...at, 'confirm_within'], 10_000),
    coverage: coverage === undefined ? otherwise.coverage : percentOf(coverage) / 100,
  };
}

function percentOf(text: string): number {
  return Number(text.slice(0, -1));
}

function namesOf({ source }: PolicyReading, { match = {} }: RuleEntry, index: number): NameUse[] {
  const uses = (kind: NameUse['kind'], key: 'runbooks' | 'remedies'): NameUse[] =>
    (list(match[key]) ?? []).map((name, at) => {
      const place = Array.isArray(match[key]) ? [key, at] : [key];
      return { kind, name, location: source.locate(['rules', index, 'match', ...place]) };
    });
  return [...uses('runbook', 'runbooks'), ...uses('remedy', 'remedies')];
}

function requireRoles(reading: PolicyReading, roles: readonly string[], at: readonly PropertyKey[]): void {
  const known = ['run', 'approve', ...Object.keys(reading.source.value.roles ?? {})];
  roles.forEach((role, index) => {
    if (!known.includes(role)) throw unknown(reading, [...at, index], `unknown role "${role}"`, role, known);
  });
}

function duration(reading: PolicyReading, text: string, at: readonly PropertyKey[], leastMs: number): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= leastMs) return ms;
  const least = leastMs >= 60_000 ? 'one minute' : `${leastMs / 1000} seconds`;
  throw invalid(reading, at, `"${text}" is not a duration of at least ${least}`, {
    hint: 'Write for example 90s, 30m or 1h.',
  });
}
