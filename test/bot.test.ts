import { describe, expect, it, onTestFinished } from 'vitest';
import { runBot } from '../src/bot.ts';
import type { Output } from '../src/cli/deps.ts';
import { loadConfig } from '../src/config/load.ts';
import { setCliScene } from './helpers/cli.ts';
import { startTestSandbox } from './helpers/sandbox.ts';
import { freePort, startComingAndGoing } from './helpers/slack-places.ts';

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

  it('waits for a Slack that cannot be reached, says so, is alive but not ready, and is ready when it is there', async () => {
    const place = await startComingAndGoing();
    const set = scene(...slackLines(place.sandbox.slackApiUrl), 'health: { listen: "127.0.0.1:0" }');
    set.write('bot', place.sandbox.botToken);
    set.write('app', place.sandbox.appToken);
    await place.leave();
    const { lines, output } = listen();
    const stop = new AbortController();
    const running = runBot(loadConfig(`${set.dir}/countersign.yaml`), output, stop.signal, { port: 0, welcome: [] });
    await expect.poll(() => lines.join('\n')).toMatch(/Slack cannot be reached: [\s\S]*the command line does the same/);
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(lines.join('\n'))?.[0] ?? '';
    const readiness = async () => {
      const response = await fetch(`${origin}/readyz`);
      const { parts } = (await response.json()) as { parts: Record<string, { ok: boolean; words: string }> };
      return { status: response.status, bad: Object.keys(parts).filter((name) => parts[name]?.ok !== true) };
    };
    await expect.poll(readiness).toEqual({ status: 503, bad: ['Slack'] });
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
    await place.comeBack();
    await expect.poll(() => lines.at(-1), { timeout: 10_000 }).toBe('Ready. Ctrl-C stops it.');
    expect(await readiness()).toEqual({ status: 200, bad: [] });
    stop.abort();
    await running;
    await expect(fetch(`${origin}/healthz`)).rejects.toThrow();
  });

  it('in HTTP mode needs a signing secret instead of an app token, and shows its health beside the requests', async () => {
    await using sandbox = await startTestSandbox();
    const listenAt = `127.0.0.1:${await freePort()}`;
    const slack = ['slack:', '  mode: http', `  listen: ${listenAt}`, `  api_url: ${sandbox.slackApiUrl}`];
    const bare = scene(...slack);
    const refused = runBot(loadConfig(`${bare.dir}/countersign.yaml`), listen().output, new AbortController().signal, {
      port: 0,
      welcome: [],
    });
    await expect(refused).rejects.toThrow('slack.bot_token (xoxb-…) and slack.signing_secret are not set');
    const set = scene(...slack, '  bot_token: { file: bot }', '  signing_secret: { file: signing }');
    set.write('bot', sandbox.botToken);
    set.write('signing', 'the-signing-secret');
    const { lines, output } = listen();
    const stop = new AbortController();
    const running = runBot(loadConfig(`${set.dir}/countersign.yaml`), output, stop.signal, { port: 0, welcome: [] });
    await expect.poll(() => lines.at(-1)).toBe('Ready. Ctrl-C stops it.');
    const ready = await fetch(`http://${listenAt}/readyz`);
    const text = await ready.text();
    expect(ready.status).toBe(200);
    expect(text).toContain('requests of Slack are taken');
    expect(text).not.toContain('the-signing-secret');
    stop.abort();
    await running;
  });
});
