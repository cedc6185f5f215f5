import type { HostName, PersonName } from '../../base/ids.ts';
import type { BatchSize } from '../rollout.ts';
import type { Freeze } from './freeze.ts';

/** A named set of people: by name, and by the groups that Slack and this machine know them in. */
export interface RoleMembers {
  readonly people: ReadonlySet<PersonName>;
  /** Ids of Slack user groups: `S012ABCDEF`. */
  readonly slackGroups: readonly string[];
  readonly unixGroups: readonly string[];
}

/** What a rule is about; what is undefined does not matter to it. */
interface RuleMatch {
  readonly runbooks: readonly string[] | undefined;
  readonly remedies: readonly string[] | undefined;
  readonly risks: readonly Risk[] | undefined;
  /** The hosts that its selectors and environments name together. */
  readonly hosts: ReadonlySet<HostName> | undefined;
}

/** How much a remedy can break. */
export type Risk = 'low' | 'medium' | 'high';

/** What a rule asks for. */
export interface RuleTerms {
  /** Roles; whoever holds one of them may. */
  readonly run: readonly string[];
  readonly approve: readonly string[];
  readonly approvals: number;
  readonly expireAfterMs: number;
  readonly typed: boolean;
  readonly unproven: 'keep' | 'undo';
  readonly confirmWithinMs: number;
  readonly batches: readonly BatchSize[];
  /** Part of the asked hosts that must have answered, 0 to 1. */
  readonly coverage: number;
}

/** One rule of the policy, with what it leaves open filled in. */
export interface PolicyRule {
  readonly match: RuleMatch;
  readonly terms: RuleTerms;
}

/** Who may act without the approvals that are missing, and where that is announced. */
export interface BreakGlassTerms {
  readonly allow: readonly string[];
  /** The id of a Slack channel. */
  readonly channel: string;
}

/** The policy as it was written, checked. */
export interface PolicyRules {
  readonly roles: ReadonlyMap<string, RoleMembers>;
  /** In the order of the file: the first that matches a host decides for it. */
  readonly rules: readonly PolicyRule[];
  /** Where no rule matches. */
  readonly otherwise: RuleTerms;
  readonly freezes: readonly Freeze[];
  readonly breakGlass: BreakGlassTerms | undefined;
  /** The hosts that can be judged; nobody may change others. Undefined = every host. */
  readonly knownHosts: ReadonlySet<HostName> | undefined;
}
