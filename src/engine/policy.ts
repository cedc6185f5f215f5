import { OperatorError } from '../base/error.ts';
import type { PersonName } from '../base/ids.ts';
import type { Proposal } from './model.ts';
import type { Person } from './ports.ts';

/** Who may do what. Every method throws policy/* with the reason when the answer is no; unknown people may nothing. */
export interface Policy {
  readonly people: readonly Person[];
  person(name: PersonName): Person;
  bySlackUser(userId: string): Person | undefined;
  byUnixUser(user: string): Person | undefined;
  requireMayRun(name: PersonName): void;
  requireMayDecide(name: PersonName, proposal: Pick<Proposal, 'id' | 'requester'>, verdict: 'approve' | 'reject'): void;
  mayUndo(name: PersonName, proposal: Pick<Proposal, 'requester'>): boolean;
  requireMayUndo(name: PersonName, proposal: Pick<Proposal, 'id' | 'requester'>): void;
  /** The people who may approve a proposal of this requester. */
  approversBeside(requester: PersonName): readonly Person[];
}

/** A policy over the configured people. */
export function createPolicy(people: readonly Person[]): Policy {
  const find = (name: PersonName): Person | undefined => people.find((person) => person.name === name);
  const person = (name: PersonName): Person => find(name) ?? unknownPerson(name);
  const mayUndo: Policy['mayUndo'] = (name, { requester }) =>
    name === requester ? find(name) !== undefined : (find(name)?.roles.includes('approve') ?? false);
  return {
    people,
    person,
    bySlackUser: (userId) => people.find((candidate) => candidate.slackUserId === userId),
    byUnixUser: (user) => people.find((candidate) => candidate.unixUser === user),
    requireMayRun: (name) => {
      if (!person(name).roles.includes('run'))
        throw denied(`${name} may not run runbooks`, 'The role "run" is needed.');
    },
    requireMayDecide: (name, proposal, verdict) => {
      const { roles } = person(name);
      if (verdict === 'reject' && name === proposal.requester) return;
      if (!roles.includes('approve')) {
        throw denied(`${name} may not ${verdict} ${proposal.id}`, 'The role "approve" is needed.');
      }
      if (name === proposal.requester) throw ownProposal(proposal.id);
    },
    mayUndo,
    requireMayUndo: (name, proposal) => {
      person(name);
      if (!mayUndo(name, proposal)) {
        throw denied(`${name} may not undo ${proposal.id}`, 'The requester and people with the role "approve" may.');
      }
    },
    approversBeside: (requester) => people.filter(({ name, roles }) => name !== requester && roles.includes('approve')),
  };
}

function unknownPerson(name: string): never {
  throw new OperatorError('policy/unknown-person', {
    message: `${name} is not among the configured people`,
    hint: 'Add them to "people:" in the configuration.',
  });
}

function denied(message: string, hint: string): OperatorError {
  return new OperatorError('policy/not-permitted', { message, hint });
}

function ownProposal(id: string): OperatorError {
  return new OperatorError('policy/own-proposal', {
    message: `${id} came from your own run, so somebody else has to approve it`,
    hint: 'You may reject it.',
  });
}
