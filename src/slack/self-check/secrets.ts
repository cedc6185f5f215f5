import type { CheckItem } from '../../base/check-item.ts';
import type { Secret } from '../../base/secret.ts';

/** The secrets that the configuration names, as far as they are there. */
export interface SecretsDeps {
  readonly mode: 'socket' | 'http';
  readonly botToken: Secret | undefined;
  readonly appToken: Secret | undefined;
  readonly signingSecret: Secret | undefined;
}

/** What a token begins with, and whose it is (docs.slack.dev/authentication/tokens). */
const KINDS: readonly (readonly [prefix: string, kind: string])[] = [
  ['xoxb-', 'a bot token'],
  ['xapp-', 'an app-level token'],
  ['xoxp-', 'a user token'],
  ['xoxe', 'a token that expires, for token rotation'],
];

/** Whether each secret is there and looks like what it should be; nothing of a secret is shown but its kind. */
export function checkSecrets({ mode, botToken, appToken, signingSecret }: SecretsDeps): readonly CheckItem[] {
  return [
    tokenItem('bot token', { token: botToken, key: 'slack.bot_token', wanted: 'xoxb-', other: appToken }),
    mode === 'http'
      ? signingItem(signingSecret)
      : tokenItem('app-level token', { token: appToken, key: 'slack.app_token', wanted: 'xapp-', other: botToken }),
  ];
}

function tokenItem(
  what: string,
  given: {
    readonly token: Secret | undefined;
    readonly key: string;
    readonly wanted: string;
    readonly other: Secret | undefined;
  },
): CheckItem {
  const { token, key, wanted, other } = given;
  if (!token) return { what, state: 'missing', words: `${key} (${wanted}…) is not set`, hint: WHERE[wanted] ?? '' };
  const kind = kindOf(token);
  if (token.reveal().startsWith(wanted)) return { what, state: 'ok', words: `${key} is ${kind}` };
  const isSwapped = other?.reveal().startsWith(wanted) === true;
  const hint = isSwapped ? 'The two tokens are swapped: exchange them.' : (WHERE[wanted] ?? '');
  return { what, state: 'missing', words: `${key} is ${kind}, not one that begins with ${wanted}`, hint };
}

const WHERE: Readonly<Record<string, string>> = {
  'xoxb-': 'Install the app to the workspace; "OAuth & Permissions" then shows the "Bot User OAuth Token".',
  'xapp-': 'Make one under "Basic Information", "App-Level Tokens", with the scope connections:write.',
};

function signingItem(secret: Secret | undefined): CheckItem {
  const what = 'signing secret';
  const hint = 'Take it from "Basic Information", "App Credentials".';
  if (!secret) return { what, state: 'missing', words: 'slack.signing_secret is not set', hint };
  const kind = KINDS.find(([prefix]) => secret.reveal().startsWith(prefix))?.[1];
  if (kind === undefined) return { what, state: 'ok', words: 'slack.signing_secret is set' };
  return { what, state: 'missing', words: `slack.signing_secret is ${kind}`, hint };
}

function kindOf(token: Secret): string {
  return KINDS.find(([prefix]) => token.reveal().startsWith(prefix))?.[1] ?? 'no token of Slack';
}
