import { OperatorError } from '../../base/error.ts';
import type { FreezeInForce } from './freeze.ts';
import { roleWords } from './terms.ts';
import type { BreakGlassTerms } from './rules.ts';

/** Somebody who is not configured wants something. */
export function unknownPerson(name: string): never {
  throw new OperatorError('policy/unknown-person', {
    message: `${name} is not among the configured people`,
    hint: 'Add them to "people:" in the configuration.',
  });
}

/** Somebody lacks a right; the sentences say which, and why. */
export function denied(message: string, sentences: readonly string[]): OperatorError {
  return new OperatorError('policy/not-permitted', { message, hint: sentences.join(' ') });
}

/** The requester of a proposal wants to approve it. */
export function ownProposal(id: string): OperatorError {
  return new OperatorError('policy/own-proposal', {
    message: `${id} came from your own run, so somebody else has to approve it`,
    hint: 'You may reject it.',
  });
}

/** The policy became stricter after a proposal was made. */
export function outdated(id: string, because: string): OperatorError {
  return new OperatorError('policy/outdated-proposal', {
    message: `${id} cannot be approved any more: ${because}`,
    hint: 'Run the runbook again for a fresh proposal; you may reject this one.',
  });
}

/** A freeze is in force on a host of the proposal. */
export function frozen(id: string, freeze: FreezeInForce, breakGlass: BreakGlassTerms | undefined): OperatorError {
  const way =
    breakGlass === undefined
      ? 'Wait for its end; the policy has no break-glass.'
      : `Wait for its end; in an emergency, break-glass is for ${roleWords(breakGlass.allow)}: break-glass ${id} and the reason.`;
  return new OperatorError('policy/frozen', {
    message: `${id} cannot be approved: the freeze "${freeze.name}" is in force until ${freeze.untilText}`,
    hint: way,
    details: { freeze: freeze.name, until: freeze.until },
  });
}

/** The policy has no break-glass at all. */
export function breakGlassForbidden(id: string): OperatorError {
  return denied(`nobody may break glass for ${id}`, ['The policy has no "break_glass:".']);
}
