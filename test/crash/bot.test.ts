import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { testLab } from '../helpers/lab.ts';
import { labProduct, type LabProduct } from '../helpers/lab-product.ts';
import { sandboxClient, type SeenMessage, startTestSandbox } from '../helpers/sandbox.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const CHANNEL = 'C0INCIDENTS';
const PATIENCE_MS = 30_000;

const lab = testLab({ webHosts: 2 });
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

/** The bot as a process of its own on a lab and a sandbox that outlive it. */
async function startBot(product: LabProduct, sandbox: Sandbox, crashAt?: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, '--config', product.configFile, 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SLACK_BOT_TOKEN: sandbox.botToken,
      SLACK_APP_TOKEN: sandbox.appToken,
      ...(crashAt === undefined ? {} : { COUNTERSIGN_CRASH_AT: crashAt }),
    },
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await eventually(
    () => (text.includes('Ready.') ? true : undefined),
    () => `the bot did not start:\n${text}`,
  );
  return child;
}

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>, otherwise: () => string): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function productOn(sandbox: Sandbox): LabProduct {
  const product = labProduct(lab());
  appendFileSync(
    product.configFile,
    `slack:\n  bot_token: { env: SLACK_BOT_TOKEN }\n  app_token: { env: SLACK_APP_TOKEN }\n  api_url: ${sandbox.slackApiUrl}\nlog_level: warn\n`,
  );
  return product;
}

function seen(sandbox: Sandbox, pattern: RegExp): Promise<SeenMessage> {
  let last: readonly SeenMessage[] = [];
  return eventually(
    async () => {
      last = await sandboxClient(sandbox).messages(CHANNEL, 'U0REQUESTER');
      return last.find((message) => pattern.test(JSON.stringify(message)));
    },
    () => `no message matches ${pattern}: ${JSON.stringify(last, null, 1)}`,
  );
}

async function channelMessages(sandbox: Sandbox): Promise<string[]> {
  const messages = await sandboxClient(sandbox).messages(CHANNEL, 'U0REQUESTER');
  return messages
    .filter((message) => !message.is_ephemeral && (message.thread_ts ?? message.ts) === message.ts)
    .map((message) => message.text.split('\n')[0] ?? '');
}

describe('the bot, killed and started again', { timeout: 150_000 }, () => {
  it('finishes a run that was being read, in the message that was already there', async () => {
    await using sandbox = await startTestSandbox();
    await using product = productOn(sandbox);
    const first = await startBot(product, sandbox);
    await sandboxClient(sandbox).command('U0REQUESTER', CHANNEL, '/runbook run time-wait on @web interval=4');
    await seen(sandbox, /asking 2 hosts/);
    first.kill('SIGKILL');
    await once(first, 'exit');
    await startBot(product, sandbox);
    await seen(sandbox, /2 of 2 hosts answered/);
    expect((await channelMessages(sandbox)).filter((text) => text.startsWith('Run 1'))).toHaveLength(1);
  });

  it.each(['decide.after-recorded', 'reread.after-intent', 'apply.before-outcome', 'verify.before-outcome'])(
    'applies an approved change once although it is killed at %s',
    async (point) => {
      const running = lab();
      await running.fault('service-port-in-range', 'all', 'on');
      await using sandbox = await startTestSandbox();
      await using product = productOn(sandbox);
      const client = sandboxClient(sandbox);
      const crashing = await startBot(product, sandbox, point);
      await client.command('U0REQUESTER', CHANNEL, '/runbook run service-port on @web');
      const proposal = await seen(sandbox, /It waits for approval/);
      await client.click('U0APPROVER', { channel: CHANNEL, ts: proposal.ts }, 'proposal_approve');
      await eventually(
        () => (crashing.signalCode === null ? undefined : crashing.signalCode),
        () => `the bot was not killed at ${point}`,
      );

      await startBot(product, sandbox);
      await seen(sandbox, /Applied and proven on web-1 and web-2/);
      for (const host of ['web-1', 'web-2']) {
        const receipts = await running.exec(host, [
          'sh',
          '-c',
          'cat /var/lib/countersign/attempts/*/rc /home/*/.local/state/countersign/attempts/*/rc 2>/dev/null',
        ]);
        expect(receipts.stdout.trim()).toBe('0');
        await running.exec(host, [
          'sh',
          '-c',
          'rm -rf /var/lib/countersign/attempts/* /home/*/.local/state/countersign; rm -f /etc/sysctl.d/60-*; sysctl -qw net.ipv4.ip_local_reserved_ports=',
        ]);
      }
      expect(await channelMessages(sandbox)).toHaveLength(2);
    },
  );
});
