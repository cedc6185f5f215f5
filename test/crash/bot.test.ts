import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { approve, CHANNEL, eventually, killBot, productOn, seen, startBot } from '../helpers/bot.ts';
import { testLab } from '../helpers/lab.ts';
import type { LabProduct } from '../helpers/lab-product.ts';
import { sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';

const lab = testLab({ webHosts: 2 });
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await killBot(child);
});

/** A bot that is killed after the test. */
async function start(product: LabProduct, sandbox: Sandbox, crashAt?: string): Promise<ChildProcess> {
  const child = await startBot(product, sandbox, crashAt);
  children.push(child);
  return child;
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
    await using product = productOn(lab(), sandbox);
    const first = await start(product, sandbox);
    await sandboxClient(sandbox).command('U0REQUESTER', CHANNEL, '/runbook run time-wait on @web interval=4');
    await seen(sandbox, /asking 2 hosts/);
    first.kill('SIGKILL');
    await once(first, 'exit');
    await start(product, sandbox);
    await seen(sandbox, /2 of 2 hosts answered/);
    expect((await channelMessages(sandbox)).filter((text) => text.startsWith('Run 1'))).toHaveLength(1);
  });

  it.each([
    'decide.after-recorded',
    'reread.after-intent',
    'apply.before-outcome',
    'signal.before-outcome',
    'confirm.before-outcome',
  ])('applies an approved change once although it is killed at %s', async (point) => {
    const running = lab();
    await running.fault('service-port-in-range', 'all', 'on');
    await using sandbox = await startTestSandbox();
    await using product = productOn(lab(), sandbox);
    const client = sandboxClient(sandbox);
    const crashing = await start(product, sandbox, point);
    await client.command('U0REQUESTER', CHANNEL, '/runbook run service-port on @web');
    await approve(sandbox);
    await eventually(
      () => (crashing.signalCode === null ? undefined : crashing.signalCode),
      () => `the bot was not killed at ${point}`,
    );

    await start(product, sandbox);
    await seen(sandbox, /Applied and proven on web-1 and web-2/);
    for (const host of ['web-1', 'web-2']) {
      const receipts = await running.exec(host, [
        'sh',
        '-c',
        'cat /var/lib/countersign/attempts/*/rc /home/*/.local/state/countersign/attempts/*/rc 2>/dev/null',
      ]);
      expect(receipts.stdout.trim()).toBe('0');
      // What guards the change looks at its receipt and ends a moment after it was confirmed; until then it holds the lock.
      await running.exec(host, [
        'sh',
        '-c',
        'flock -w 20 /run/lock/countersign.lock true; rm -rf /var/lib/countersign/attempts/* /home/*/.local/state/countersign; rm -f /etc/sysctl.d/60-*; sysctl -qw net.ipv4.ip_local_reserved_ports=',
      ]);
    }
    expect(await channelMessages(sandbox)).toHaveLength(2);
  });
});
