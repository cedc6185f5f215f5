import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { BOT_SCOPES } from '../../src/slack/manifest.ts';
import { type CliScene, setCliScene, startCli } from '../helpers/cli.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';

let scene: CliScene;

afterEach(() => {
  scene?.[Symbol.dispose]();
});

describe('countersign slack check', () => {
  it('tells in one go what is there and what is missing, with status 8', async () => {
    await using sandbox = await startTestSandbox({ scopes: ['commands', 'chat:write'] });
    scene = setCliScene({
      people: ['{ name: mia, slack: U0REQUESTER }'],
      config: [
        'slack:',
        '  bot_token: { file: bot }',
        '  app_token: { file: app }',
        `  api_url: ${sandbox.slackApiUrl}`,
      ],
    });
    scene.write('bot', sandbox.botToken);
    scene.write('app', 'xapp-other');
    const { status, stdout, stderr } = await scene.run('slack', 'check');
    expect({ status, stderr }).toEqual({ status: 8, stderr: '' });
    expect(stdout).toMatch(/^ok {7}bot: @countersign /m);
    expect(stdout).toMatch(/^MISSING {2}scope users:read: it was not granted\. Everybody is refused/m);
    expect(stdout).toMatch(/^absent {3}scope im:write: .*Approvers are not told/m);
    expect(stdout).toMatch(/^MISSING {2}Socket Mode: .*invalid_auth/m);
    expect(stdout).toMatch(/^by hand {2}slash command: .*\n.*type \/runbook help/m);
    expect(stdout).toMatch(/\d+ things missing\.\n$/);
    expect(stdout).not.toContain(sandbox.botToken);
  });

  it('ends with status 0 and JSON where nothing is missing', async () => {
    await using sandbox = await startTestSandbox({ scopes: BOT_SCOPES.map(({ name }) => name) });
    scene = setCliScene({
      people: ['{ name: mia, slack: U0REQUESTER }'],
      config: [
        'slack:',
        '  bot_token: { file: bot }',
        '  app_token: { file: app }',
        `  api_url: ${sandbox.slackApiUrl}`,
      ],
    });
    scene.write('bot', sandbox.botToken);
    scene.write('app', sandbox.appToken);
    const { status, stdout } = await scene.run('slack', 'check', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ what: 'bot' })]),
    });
  });
});

describe('countersign slack manifest', () => {
  it('prints it for sockets, without a configuration', async () => {
    const { status, stdout } = await startCli(['slack', 'manifest', '--command', '/ops']).ended;
    expect(status).toBe(0);
    expect(parse(stdout)).toMatchObject({
      features: { slash_commands: [{ command: '/ops' }] },
      settings: { socket_mode_enabled: true },
    });
  });

  it('prints it for requests to an https address', async () => {
    const { stdout } = await startCli(['slack', 'manifest', '--http', '--url', 'https://bot.example.org']).ended;
    const request_url = 'https://bot.example.org/slack/events';
    expect(parse(stdout)).toMatchObject({ settings: { interactivity: { request_url }, socket_mode_enabled: false } });
  });

  it.each([
    ['an address that would break the file', ['--http', '--url', 'https://bot.example.org/ #x']],
    ['an address without --http', ['--url', 'https://bot.example.org']],
    ['no slash command', ['--command', 'runbook']],
  ])('refuses %s with status 2', async (_what, args) => {
    const { status, stderr } = await startCli(['slack', 'manifest', ...args]).ended;
    expect(status).toBe(2);
    expect(stderr).toContain('Write for example');
  });
});
