import { type Conversation, isDirect } from '../workspace/directory.ts';
import { SlackError } from './call.ts';

/** What the bot may do in a sandbox that does not say otherwise: all that the app's manifest asks for. */
export const DEFAULT_SCOPES: readonly string[] = [
  'commands',
  'chat:write',
  'files:write',
  'users:read',
  'channels:read',
  'groups:read',
  'im:write',
  'usergroups:read',
  'channels:history',
  'groups:history',
  'im:history',
];

/** The events that the app's manifest subscribes to. */
export const DEFAULT_EVENTS: readonly string[] = ['app_home_opened'];

/** What the app-level token may do. */
export const APP_SCOPES: readonly string[] = ['connections:write'];

/** The scopes that let a bot read conversations of every kind; one of them is enough to ask. */
export function readingScopes(what: 'read' | 'history'): readonly string[] {
  return ['channels', 'groups', 'im', 'mpim'].map((kind) => `${kind}:${what}`);
}

/** The one scope that this conversation takes (docs.slack.dev/apis/web-api/using-the-conversations-api). */
export function scopeFor(conversation: Conversation, what: 'read' | 'history'): string {
  if (isDirect(conversation)) return `im:${what}`;
  return conversation.isPrivate === true ? `groups:${what}` : `channels:${what}`;
}

/** Throws `missing_scope` with what is needed and what was granted, unless one of the needed scopes was granted. */
export function requireScope(granted: readonly string[], needed: readonly string[]): void {
  if (needed.length === 0 || needed.some((scope) => granted.includes(scope))) return;
  throw new SlackError('missing_scope', { needed: needed.join(','), provided: granted.join(',') });
}
