import { createDisposal } from './base/disposal.ts';
import { OperatorError } from './base/error.ts';
import type { Secret } from './base/secret.ts';
import type { Output } from './cli/deps.ts';
import { type Composition, compose } from './compose.ts';
import type { Config } from './config/load.ts';
import { formatHead } from './engine/audit-chain.ts';
import { type SandboxSetting, type SlackAccess, startLocalSlack, withLocalIdentities } from './local-slack.ts';
import { createSlackApp, type SlackApp } from './slack/app.ts';
import { createHealth, type Health } from './telemetry/health.ts';
import { startHealthServer } from './telemetry/http.ts';
import { storeAnswers, storeTakesWrites } from './telemetry/store-health.ts';

/**
 * Runs the bot until `signal` is aborted, then stops it in order: it is not ready any more, takes nothing new from Slack
 * and ends what was begun there; then the engine, which leaves open work to whoever starts next; then the store.
 */
export async function runBot(
  config: Config,
  output: Output,
  signal: AbortSignal,
  sandbox: SandboxSetting,
): Promise<void> {
  await using disposal = createDisposal();
  const access = slackAccess(config);
  const people = access ? config.people : withLocalIdentities(config.people);
  const composition = disposal.use(compose({ ...config, people }, { log: true }));
  warnOfBrokenRunbooks(composition, output);
  const slack =
    access ??
    (await startLocalSlack(sandbox, { disposal, composition, people, command: config.slack.command, output }));
  const health: Health = healthOf(composition, () => app);
  const app = createApp(composition, slack, health, output);
  if (config.healthListen) {
    const { url } = disposal.use(await startHealthServer(config.healthListen, health));
    output.line(`Health: ${url}/healthz and ${url}/readyz`);
  }
  disposal.use(app);
  composition.engine.serve();
  await logAuditHead(composition);
  const ready = app.start().then(() => {
    if (!signal.aborted) output.line('Ready. Ctrl-C stops it.');
  });
  await Promise.race([ready.then(() => aborted(signal)), aborted(signal)]);
  health.drain();
  output.line('Stopping.');
  await logAuditHead(composition);
}

function createApp(composition: Composition, slack: SlackAccess, health: Health, output: Output): SlackApp {
  const { config, context, engine } = composition;
  return createSlackApp({
    ...slack,
    command: config.slack.command,
    teams: config.slack.teams,
    engine,
    messages: context.store.messages,
    groups: context.store.groups,
    policy: context.policy,
    inventory: context.inventory,
    runbooks: context.runbooks,
    clock: context.clock,
    logger: context.logger,
    otherPages: async (path) => (config.healthListen ? undefined : health.page(path)),
    away: (why) =>
      output.problem(
        `Slack cannot be reached: ${why}\n  It is tried again until it answers; until then the command line does the same.`,
      ),
  });
}

/** Alive: the database answers. Ready: it takes writes, work is taken up, and Slack can deliver. */
function healthOf({ context, engine }: Composition, app: () => SlackApp): Health {
  const { store, owner, clock, redact } = context;
  return createHealth({
    live: [storeAnswers(store)],
    ready: [
      storeTakesWrites(store, owner, clock),
      { name: 'worker', condition: () => engine.condition() },
      { name: 'Slack', condition: () => app().condition() },
    ],
    clock,
    redact,
  });
}

/** A log that is kept elsewhere is what shows entries missing at the end of the audit chain: `audit verify --expect`. */
async function logAuditHead({ engine, context }: Composition): Promise<void> {
  context.logger.info('the audit chain ends here', { head: formatHead(await engine.auditHead()) });
}

/** Everything that the mode needs, or nothing meant at all; anything else must not end in a local page nobody looks at. */
function slackAccess({ slack, file }: Config): SlackAccess | undefined {
  if (!slack.isMeant) return undefined;
  const { botToken, apiUrl, listen } = slack;
  const deliveredBy = slack.mode === 'http' ? slack.signingSecret : slack.appToken;
  if (!botToken || !deliveredBy) throw missingSecrets(slack.mode, { botToken, deliveredBy }, file);
  return {
    botToken,
    apiUrl,
    deliveries:
      slack.mode === 'http'
        ? { mode: 'http', signingSecret: deliveredBy, listen }
        : { mode: 'socket', appToken: deliveredBy },
  };
}

function missingSecrets(
  mode: 'socket' | 'http',
  have: { readonly botToken: Secret | undefined; readonly deliveredBy: Secret | undefined },
  file: string,
): OperatorError {
  const missing = [
    ...(have.botToken ? [] : ['slack.bot_token (xoxb-…)']),
    ...(have.deliveredBy ? [] : [mode === 'http' ? 'slack.signing_secret' : 'slack.app_token (xapp-…)']),
  ];
  return new OperatorError('config/invalid', {
    message: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set`,
    hint: 'Set what the configuration names for it; or remove the slack: section for the local stand-in.',
    location: { file, line: 1, column: 1 },
  });
}

function warnOfBrokenRunbooks({ context }: Composition, output: Output): void {
  for (const { file, problems } of context.runbooks.broken) {
    output.problem(`${file} cannot run: ${problems[0]?.message ?? 'broken'} (countersign lint shows everything)`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
