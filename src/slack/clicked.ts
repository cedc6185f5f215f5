import { OperatorError } from '../base/error.ts';
import { asRunId, type RunId } from '../base/ids.ts';
import { type ClickPayload, parseProposalValue, parseRunValue } from './payload/click.ts';

/** The proposal that a button is about, and its digest as the person saw it. Throws request/invalid. */
export function proposalOf(click: ClickPayload): { readonly proposal: string; readonly digest: string } {
  return parseProposalValue(click.value) ?? fail();
}

/** The run that a button is about. Throws request/invalid. */
export function runOf(click: ClickPayload): RunId {
  return asRunId(parseRunValue(click.value) ?? fail());
}

/** What is said of a button that is not one of ours. */
export function damagedButton(): OperatorError {
  return new OperatorError('request/invalid', {
    message: 'this button is not one of mine',
    hint: 'Use the buttons of the latest message.',
  });
}

function fail(): never {
  throw damagedButton();
}
