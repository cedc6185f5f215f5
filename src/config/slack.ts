import { OperatorError } from '../base/error.ts';
import { type ListenAddress, parseListenAddress } from '../base/listen-address.ts';
import type { Secret } from '../base/secret.ts';
import type { YamlSource } from '../base/yaml-source.ts';
import type { ConfigFile } from './schema.ts';
import { type SecretFiles, secretOf } from './secrets.ts';

/** How Slack is reached; when the file names no secret and no HTTP mode, the local stand-in is used. */
export interface SlackConfig {
  /** Socket Mode needs no address that Slack can reach; with HTTP Slack posts signed requests to one. */
  readonly mode: 'socket' | 'http';
  readonly botToken: Secret | undefined;
  /** For Socket Mode. */
  readonly appToken: Secret | undefined;
  /** For HTTP. */
  readonly signingSecret: Secret | undefined;
  /** Where requests are taken with HTTP. */
  readonly listen: ListenAddress;
  /** Where Slack's Web API is; undefined = Slack itself. */
  readonly apiUrl: string | undefined;
  readonly command: string;
  /** Workspaces whose members count; undefined = the bot's own. */
  readonly teams: readonly string[] | undefined;
  /** Whether the file means a real workspace; secrets that are absent then are a mistake, not a wish for the stand-in. */
  readonly isMeant: boolean;
}

const DEFAULT_LISTEN: ListenAddress = { host: '127.0.0.1', port: 3000 };

/** The `slack:` section. Throws config/* with its place. */
export function slackOf(source: YamlSource<ConfigFile>, files: SecretFiles): SlackConfig {
  const slack = source.value.slack ?? {};
  const mode = slack.mode ?? 'socket';
  if (mode === 'socket' && slack.listen !== undefined) {
    throw new OperatorError('config/invalid', {
      message: 'slack.listen counts only with slack.mode: http',
      hint: 'Write mode: http beside it, or remove it: Socket Mode listens nowhere.',
      location: source.locate(['slack', 'listen']),
    });
  }
  return {
    mode,
    botToken: slack.bot_token && secretOf(slack.bot_token, files),
    appToken: slack.app_token && secretOf(slack.app_token, files),
    signingSecret: slack.signing_secret && secretOf(slack.signing_secret, files),
    listen: listenOf(slack.listen) ?? DEFAULT_LISTEN,
    apiUrl: slack.api_url,
    command: slack.command ?? '/runbook',
    teams: slack.teams,
    isMeant:
      mode === 'http' || [slack.bot_token, slack.app_token, slack.signing_secret].some((named) => named !== undefined),
  };
}

/** An address that the schema has checked. */
export function listenOf(text: string | undefined): ListenAddress | undefined {
  return text === undefined ? undefined : parseListenAddress(text);
}
