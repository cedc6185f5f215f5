import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { type CliScene, type RunningCli, setCliScene } from '../helpers/cli.ts';
import { sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';
import { startHoldable } from '../helpers/slack-places.ts';

let scene: CliScene;

afterEach(() => {
  scene[Symbol.dispose]();
});

describe('countersign start', () => {
  it.each([
    ['bot_token', 'slack.app_token (xapp-…) is not set'],
    ['app_token', 'slack.bot_token (xoxb-…) is not set'],
  ])('refuses to start with %s alone: nobody would look at a local page', async (key, message) => {
    scene = setCliScene({ config: [`slack: { ${key}: { file: token } }`] });
    scene.write('token', 'hunter2');
    const { status, stderr } = await scene.run('start', '--port', '0');
    expect(status).toBe(8);
    expect(stderr).toContain(`countersign.yaml:1:1 ${message}\n`);
    expect(stderr).not.toContain('hunter2');
  });

  it('says that its port is taken, with status 7', async () => {
    scene = setCliScene();
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { status, stderr } = await scene.run('start', '--port', String(port));
    server.close();
    expect(status).toBe(7);
    expect(stderr).toContain(`countersign: port ${port} of 127.0.0.1 is taken\n`);
    expect(stderr).toContain('choose another port');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'prints its page and runs until %s, then ends with status 0',
    async (signal) => {
      scene = setCliScene({ hosts: ['{ name: web-1, user: deploy }'], config: ['log_level: warn'] });
      const running = scene.start('start', '--port', '0');
      await saying(running, 'Ready.');
      running.child.kill(signal);
      const { status, stdout, stderr } = await running.ended;
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^Local Slack: http:\/\/127\.0\.0\.1:\d+\S*\nReady\. Ctrl-C stops it\.\nStopping\.\n$/);
    },
  );

  it('ends at once when it is told a second time while it still ends what was begun', async () => {
    await using sandbox = await startTestSandbox();
    const way = await startHoldable(Number(new URL(sandbox.slackApiUrl).port));
    scene = setCliScene({
      people: ['{ name: mia, slack: U0REQUESTER }'],
      config: [
        'log_level: error',
        'slack:',
        '  bot_token: { file: bot }',
        '  app_token: { file: app }',
        `  api_url: ${way.apiUrl}`,
      ],
    });
    scene.write('bot', sandbox.botToken);
    scene.write('app', sandbox.appToken);
    const running = scene.start('start');
    onTestFinished(() => void running.child.kill('SIGKILL'));
    await saying(running, 'Ready.');
    // Sockets lead to the sandbox itself, so the command comes, and who asks for it is never answered.
    way.hold();
    const acked = await sandboxClient(sandbox).command('U0REQUESTER', 'C0INCIDENTS', '/runbook history');
    expect(acked).toMatchObject({ ok: true });
    running.child.kill('SIGTERM');
    await saying(running, 'Stopping.');
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(128);
  });

  it('names a broken runbook and starts all the same', async () => {
    scene = setCliScene({ config: ['runbooks: [books]', 'log_level: error'] });
    scene.write('books/bad.yaml', 'name: bad\n');
    const running = scene.start('start', '--port', '0');
    await saying(running, 'Ready.');
    running.child.kill('SIGTERM');
    const { status, stderr } = await running.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(/bad\.yaml cannot run: .* \(countersign lint shows everything\)/);
  });
});

/** Waits until the program says this on stdout; fails with its own words when it ends before. */
async function saying({ child, ended }: RunningCli, words: string): Promise<void> {
  let said = '';
  const heard = new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: string) => {
      said += text;
      if (said.includes(words)) resolve();
    });
  });
  const early = ended.then((result) => {
    throw new Error(`ended before it said "${words}": ${JSON.stringify(result)}`);
  });
  await Promise.race([heard, early]);
  early.catch(() => {});
}
