import { describe, expect, it, onTestFinished } from 'vitest';
import { runBot } from '../src/bot.ts';
import type { Output } from '../src/cli/deps.ts';
import { loadConfig } from '../src/config/load.ts';
import { setCliScene } from './helpers/cli.ts';
import { startTestSandbox } from './helpers/sandbox.ts';

const QUIET = 'log_level: error';

function scene(...config: readonly string[]) {
  const set = setCliScene({ config: [QUIET, ...config] });
  onTestFinished(() => set[Symbol.dispose]());
  return set;
}

function slackLines(apiUrl: string): string[] {
  return ['slack:', '  bot_token: { file: bot }', '  app_token: { file: app }', `  api_url: ${apiUrl}`];
}

/** Where the bot writes, and what it wrote. */
function listen() {
  const lines: string[] = [];
  const output: Output = {
    line: (text) => void lines.push(text),
    problem: (text) => void lines.push(text),
    progress: () => {},
    isTerminal: false,
    confirm: async () => false,
    ask: async () => undefined,
  };
  return { lines, output };
}

describe('the bot', { timeout: 30_000 }, () => {
  it('without tokens brings a local Slack of the configured people, and takes it away when it is stopped', async () => {
    const config = loadConfig(`${scene().dir}/countersign.yaml`);
    const { lines, output } = listen();
    const stop = new AbortController();
    const running = runBot(config, output, stop.signal, { port: 0, welcome: [] });
    await expect.poll(() => lines.at(-1)).toBe('Ready. Ctrl-C stops it.');
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(lines.join('\n'))?.[0] ?? '';
    expect((await fetch(url)).status).toBe(200);
    stop.abort();
    await running;
    await expect(fetch(url)).rejects.toThrow();
  });

  it.each([
    ['bot', 'xoxb-wrong', undefined],
    ['app', undefined, 'xapp-wrong'],
  ])('ends, with nothing left running, when Slack refuses the %s token', async (which, bot, app) => {
    await using sandbox = await startTestSandbox();
    const set = scene(...slackLines(sandbox.slackApiUrl));
    set.write('bot', bot ?? sandbox.botToken);
    set.write('app', app ?? sandbox.appToken);
    const { status, stderr } = await set.run('start');
    expect(status).toBe(8);
    expect(stderr).toContain(`Slack refuses the ${which} token: invalid_auth`);
  });

  it.each([
    ['both tokens', 'COUNTERSIGN_TEST_UNSET', 'slack.bot_token (xoxb-…) and slack.app_token (xapp-…) are not set'],
    ['the app token', 'PATH', 'slack.app_token (xapp-…) is not set'],
  ])('does not fall back to the local Slack when %s are named but not set', async (_which, variable, message) => {
    const set = scene('slack:', `  bot_token: { env: ${variable} }`, '  app_token: { env: COUNTERSIGN_TEST_UNSET }');
    const { status, stderr } = await set.run('start');
    expect(status).toBe(8);
    expect(stderr).toContain(message);
  });

  it('ends when Slack cannot be reached, and says that the command line still works', async () => {
    const sandbox = await startTestSandbox();
    await sandbox.stop();
    const set = scene(...slackLines(sandbox.slackApiUrl));
    set.write('bot', sandbox.botToken);
    set.write('app', sandbox.appToken);
    const { status, stderr } = await set.run('start');
    expect(status).toBe(7);
    expect(stderr).toMatch(/Slack cannot be reached[\s\S]*command line/);
  });
});
