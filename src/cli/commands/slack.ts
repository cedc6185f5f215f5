import type { Command } from 'commander';
import type { CheckItem, CheckState } from '../../base/check-item.ts';
import { OperatorError } from '../../base/error.ts';
import { count } from '../../base/format.ts';
import { plainText } from '../../base/plain-text.ts';
import type { CliDeps } from '../deps.ts';
import { EXIT } from '../exit.ts';

interface CheckOptions {
  readonly json?: boolean;
  readonly config?: string;
}

interface ManifestFlags {
  readonly http?: boolean;
  readonly url?: string;
  readonly command: string;
}

/** `countersign slack check` and `countersign slack manifest`: connecting a real workspace. */
export function addSlackCommands(program: Command, deps: CliDeps): void {
  const slack = program.command('slack').description('connect a real workspace');
  slack
    .command('check')
    .description('tell everything that is missing: tokens, scopes, people, groups, channels')
    .option('--json', 'print JSON')
    .action(async (_options: CheckOptions, command: Command) => {
      const options = command.optsWithGlobals<CheckOptions>();
      const items = await deps.checkSlack(options.config);
      if (options.json) deps.output.line(JSON.stringify({ items }, null, 2));
      else printCheck(items, deps);
      if (items.some(({ state }) => state === 'missing')) process.exitCode = EXIT.misconfigured;
    });
  slack
    .command('manifest')
    .description("print the app's manifest, for api.slack.com/apps")
    .option('--http', 'Slack posts signed requests instead of using sockets')
    .option('--url <url>', 'with --http: where Slack reaches the bot, such as https://bot.example.org')
    .option('--command <command>', 'the slash command', '/runbook')
    .action(({ http, url, command }: ManifestFlags) => {
      deps.output.line(deps.slackManifest({ command: commandOf(command), url: urlOf(http, url) }).trimEnd());
    });
}

const WORDS: Readonly<Record<CheckState, string>> = {
  ok: 'ok',
  missing: 'MISSING',
  absent: 'absent',
  unknown: 'by hand',
};

function printCheck(items: readonly CheckItem[], { output }: CliDeps): void {
  const width = Math.max(...Object.values(WORDS).map((word) => word.length));
  for (const { what, state, words, hint } of items) {
    output.line(plainText(`${WORDS[state].padEnd(width)}  ${what}: ${words}`));
    if (hint !== undefined && state !== 'ok') output.line(plainText(`${' '.repeat(width)}  ${hint}`));
  }
  const missing = items.filter(({ state }) => state === 'missing').length;
  output.line(missing === 0 ? 'Nothing that can be asked for is missing.' : `${count(missing, 'thing')} missing.`);
}

function commandOf(text: string): string {
  if (/^\/[a-z0-9_-]{1,31}$/.test(text)) return text;
  throw new OperatorError('request/invalid', {
    message: `"${text}" is not a slash command`,
    hint: 'Write for example --command /runbook: a slash and up to 31 lower-case letters, digits, "-" and "_".',
  });
}

/** The address for requests; Slack posts to HTTPS alone. */
function urlOf(http: boolean | undefined, url: string | undefined): string | undefined {
  if (!http && url === undefined) return undefined;
  if (http && url !== undefined && /^https:\/\/[^\s/?#"'<>]+(?:\/[^\s?#"'<>]*)?$/.test(url)) return url;
  throw new OperatorError('request/invalid', {
    message: http ? 'with --http, --url has to be an https address' : '--url counts only with --http',
    hint: 'Write for example --http --url https://bot.example.org.',
  });
}
