import { type Clock, systemClock } from '../base/clock.ts';
import type { OperatorError } from '../base/error.ts';
import type { HostName, PersonName } from '../base/ids.ts';
import type { Proposal } from './model.ts';
import { breakGlassForbidden, denied, frozen, outdated, ownProposal, unknownPerson } from './policy/denials.ts';
import { type FreezeInForce, freezeInForce } from './policy/freeze.ts';
import { createHolders, type Holders } from './policy/holders.ts';
import { type Memberships, NO_MEMBERSHIPS, type UnixGroupsOf } from './policy/membership.ts';
import type { PolicyRules, RuleTerms } from './policy/rules.ts';
import { stricterNow } from './policy/stricter.ts';
import {
  type ChangeTerms,
  changeRules,
  DEFAULT_RULES,
  roleWords,
  runRules,
  type Subject,
  strictest,
} from './policy/terms.ts';
import type { Person } from './ports.ts';

/** A proposal, as far as it decides who may do something with it. */
type JudgedProposal = Pick<Proposal, 'id' | 'requester' | 'neededApprovals' | 'plan'>;

/** Who may do what. Every `require…` throws policy/* with the reason when the answer is no; unknown people may nothing. */
export interface Policy {
  readonly people: readonly Person[];
  /** The Slack user groups that roles rest on. */
  readonly slackGroups: readonly string[];
  /** The Slack channel in which broken glass is announced; undefined = nobody may break it. */
  readonly breakGlassChannel: string | undefined;
  person(name: PersonName): Person;
  bySlackUser(userId: string): Person | undefined;
  byUnixUser(user: string): Person | undefined;
  /** Takes over what became known since about who is in which group; call it before anything is decided. */
  refresh(): Promise<void>;
  /** The conditions of a change; they become part of the proposal. */
  terms(subject: Subject): ChangeTerms;
  requireMayRun(name: PersonName, subject: { readonly runbook: string; readonly hosts: readonly HostName[] }): void;
  /**
   * Approving needs a role on every host, another requester, a proposal under terms no laxer than today's, and that no freeze
   * is in force at `at`; the requester may reject.
   */
  requireMayDecide(name: PersonName, proposal: JudgedProposal, verdict: 'approve' | 'reject', at: number): void;
  mayUndo(name: PersonName, proposal: JudgedProposal): boolean;
  requireMayUndo(name: PersonName, proposal: JudgedProposal): void;
  /** What is wanted of a change by now that its proposal does not have, as a clause; undefined when nothing is. */
  stricterNow(proposal: JudgedProposal): string | undefined;
  /** The people who may approve this proposal now. */
  approversBeside(proposal: JudgedProposal): readonly Person[];
  /** The freeze that is in force on one of these hosts; the one that lasts longest. */
  freezeOf(hosts: readonly HostName[], at: number): FreezeInForce | undefined;
  mayBreakGlass(name: PersonName): boolean;
  requireMayBreakGlass(name: PersonName, proposal: Pick<JudgedProposal, 'id'>): void;
}

/** What a policy rests on beside the people; what is left out is as without a policy file. */
export interface PolicyDeps {
  readonly rules?: PolicyRules;
  readonly memberships?: Memberships;
  readonly unixGroupsOf?: UnixGroupsOf;
  readonly clock?: Clock;
}

/** What the answers are judged from. */
interface Grounds {
  readonly people: readonly Person[];
  readonly rules: PolicyRules;
  readonly holders: Holders;
}

/**
 * A policy over the configured people. Only they act: groups give roles to people, never an identity, so that one person
 * is one person under their Slack and their Unix name.
 */
export function createPolicy(people: readonly Person[], deps: PolicyDeps = {}): Policy {
  const { rules = DEFAULT_RULES, memberships = NO_MEMBERSHIPS, unixGroupsOf = () => undefined } = deps;
  const holders = createHolders({ roles: rules.roles, memberships, unixGroupsOf, clock: deps.clock ?? systemClock });
  const grounds: Grounds = { people, rules, holders };
  const slackGroups = [...new Set([...rules.roles.values()].flatMap((members) => members.slackGroups))];
  return {
    people,
    slackGroups,
    breakGlassChannel: rules.breakGlass?.channel,
    person: (name) => find(grounds, name) ?? unknownPerson(name),
    bySlackUser: (userId) => people.find(({ slackUserId }) => slackUserId === userId),
    byUnixUser: (user) => people.find(({ unixUser }) => unixUser === user),
    refresh: async () => {
      if (slackGroups.length > 0) await memberships.refresh();
    },
    terms: (subject) => strictest(changeRules(rules, subject), subject.hosts),
    requireMayRun: (name, subject) => requireMayRun(grounds, name, subject),
    requireMayDecide: (name, proposal, verdict, at) => requireMayDecide(grounds, name, { proposal, verdict, at }),
    mayUndo: (name, proposal) => mayUndo(grounds, name, proposal),
    requireMayUndo: (name, proposal) => {
      if (mayUndo(grounds, (find(grounds, name) ?? unknownPerson(name)).name, proposal)) return;
      throw denied(`${name} may not undo ${proposal.id}`, [
        `The requester may, and who may approve it: ${approverWords(grounds, proposal)}.`,
      ]);
    },
    stricterNow: (proposal) => stricterFor(grounds, proposal),
    approversBeside: (proposal) => approversBeside(grounds, proposal),
    freezeOf: (hosts, at) => freezeInForce(rules.freezes, hosts, at),
    mayBreakGlass: (name) => mayBreakGlass(grounds, name),
    requireMayBreakGlass: (name, { id }) => {
      if (mayBreakGlass(grounds, (find(grounds, name) ?? unknownPerson(name)).name)) return;
      const allow = rules.breakGlass?.allow;
      throw allow ? lacking(grounds, allow, `${name} may not break glass for ${id}`) : breakGlassForbidden(id);
    },
  };
}

function find({ people }: Grounds, name: PersonName): Person | undefined {
  return people.find((person) => person.name === name);
}

function requireMayRun(
  grounds: Grounds,
  name: PersonName,
  subject: { readonly runbook: string; readonly hosts: readonly HostName[] },
): void {
  const person = find(grounds, name) ?? unknownPerson(name);
  for (const { run } of runRules(grounds.rules, subject))
    if (!grounds.holders.holdsOneOf(person, run)) throw lacking(grounds, run, `${name} may not run ${subject.runbook}`);
}

interface Decision {
  readonly proposal: JudgedProposal;
  readonly verdict: 'approve' | 'reject';
  readonly at: number;
}

function requireMayDecide(grounds: Grounds, name: PersonName, { proposal, verdict, at }: Decision): void {
  const person = find(grounds, name) ?? unknownPerson(name);
  const own = name === proposal.requester;
  if (verdict === 'reject' && own) return;
  const needed = lackingFor(grounds, person, proposal);
  if (needed) throw lacking(grounds, needed, `${name} may not ${verdict} ${proposal.id}`);
  const gone = unknownHost(grounds, proposal);
  if (gone !== undefined)
    throw denied(`${name} may not ${verdict} ${proposal.id}`, [`${gone} is not in the inventory any more.`]);
  if (own) throw ownProposal(proposal.id);
  const stricter = verdict === 'approve' ? stricterFor(grounds, proposal) : undefined;
  if (stricter !== undefined) throw outdated(proposal.id, stricter);
  const freeze = verdict === 'approve' ? freezeInForce(grounds.rules.freezes, hostsOf(proposal), at) : undefined;
  if (freeze) throw frozen(proposal.id, freeze, grounds.rules.breakGlass);
}

function mayUndo(grounds: Grounds, name: PersonName, proposal: JudgedProposal): boolean {
  const person = find(grounds, name);
  return person !== undefined && (name === proposal.requester || lackingFor(grounds, person, proposal) === undefined);
}

function approversBeside(grounds: Grounds, proposal: JudgedProposal): Person[] {
  if (unknownHost(grounds, proposal) !== undefined) return [];
  return grounds.people.filter(
    (person) => person.name !== proposal.requester && lackingFor(grounds, person, proposal) === undefined,
  );
}

function mayBreakGlass(grounds: Grounds, name: PersonName): boolean {
  const person = find(grounds, name);
  return person !== undefined && grounds.holders.holdsOneOf(person, grounds.rules.breakGlass?.allow ?? []);
}

/** The roles of which somebody would need one to approve a proposal, and has none; undefined when nothing is lacking. */
function lackingFor(grounds: Grounds, person: Person, proposal: JudgedProposal): readonly string[] | undefined {
  return rulesOf(grounds, proposal)
    .map(({ approve }) => approve)
    .find((approve) => !grounds.holders.holdsOneOf(person, approve));
}

function rulesOf({ rules }: Grounds, { plan }: JudgedProposal): RuleTerms[] {
  const { runbook, remedy, risk, hosts } = plan;
  return changeRules(rules, { runbook, remedy, risk, hosts: hosts.map(({ host }) => host) });
}

function stricterFor(grounds: Grounds, proposal: JudgedProposal): string | undefined {
  return stricterNow(strictest(rulesOf(grounds, proposal), hostsOf(proposal)), proposal);
}

function approverWords(grounds: Grounds, proposal: JudgedProposal): string {
  return [...new Set(rulesOf(grounds, proposal).map(({ approve }) => roleWords(approve)))].join('; and ');
}

/** A host that is not in the inventory any more: the policy cannot say anything about it, so nobody may. */
function unknownHost({ rules: { knownHosts } }: Grounds, proposal: JudgedProposal): HostName | undefined {
  return knownHosts && hostsOf(proposal).find((host) => !knownHosts.has(host));
}

function lacking({ holders }: Grounds, roles: readonly string[], message: string): OperatorError {
  const quoted = roles.map((role) => `"${role}"`).join(' or ');
  const needed = roles.length === 0 ? 'The policy allows it to nobody.' : `The role ${quoted} is needed.`;
  return denied(message, [needed, ...holders.doubts(roles)]);
}

function hostsOf({ plan }: JudgedProposal): HostName[] {
  return plan.hosts.map(({ host }) => host);
}
