import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { JsonObject } from '../json.ts';
import type { Courier, Delivery } from '../socket-mode/delivery.ts';
import type { Conversation, SandboxMember } from '../workspace/directory.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** What acts need. */
export interface ActDeps {
  readonly workspace: Workspace;
  readonly courier: Courier;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly origin: () => string;
  /** What the bot was granted. */
  readonly scopes: readonly string[];
  /** What the app subscribes to. */
  readonly events: readonly string[];
}

/**
 * What a person's act came to. A refusal by the sandbox itself has its own error; `operation_timeout` (no ack within
 * 3 s) and `dispatch_failed` (no connection) are those that Slack shows.
 */
export type ActResult =
  | { readonly ok: true; readonly ackedInMs?: number; readonly ack?: JsonObject }
  | { readonly ok: false; readonly error: string; readonly errors?: Readonly<Record<string, string>> };

/** A refusal by the sandbox: the request itself makes no sense. */
export class ActRefused extends Error {
  override readonly name = 'ActRefused';
}

/** The member who acts. Throws `ActRefused` with `unknown_user`. */
export function personOf(workspace: Workspace, id: string): SandboxMember {
  const member = workspace.directory.people.find((person) => person.id === id || person.name === id);
  if (member === undefined) throw new ActRefused('unknown_user');
  return member;
}

/** Where the member acts. Throws `ActRefused` with `unknown_channel`, also for places that the member is not in, and with `is_archived`. */
export function placeOf(workspace: Workspace, reference: string, user: SandboxMember): Conversation {
  const place = workspace.directory.conversation(reference);
  if (place === undefined || !workspace.directory.isIn(user.id, place)) throw new ActRefused('unknown_channel');
  if (place.isArchived === true) throw new ActRefused('is_archived');
  return place;
}

/** A delivery as an act's result. */
export function resultOf(delivery: Delivery): ActResult {
  return delivery.outcome === 'acked'
    ? { ok: true, ackedInMs: delivery.ackedInMs, ack: delivery.payload }
    : { ok: false, error: delivery.outcome };
}
