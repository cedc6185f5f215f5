import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../../src/lab/lab.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type LabProduct, labProduct } from './lab-product.ts';
import { sandboxClient, type SeenMessage } from './sandbox.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The channel of these tests. */
export const CHANNEL = 'C0INCIDENTS';

const PATIENCE_MS = 30_000;

/** A lab's product whose bot processes talk to this sandbox. */
export function productOn(lab: Lab, sandbox: Sandbox): LabProduct {
  const product = labProduct(lab);
  appendFileSync(
    product.configFile,
    `slack:\n  bot_token: { env: SLACK_BOT_TOKEN }\n  app_token: { env: SLACK_APP_TOKEN }\n  api_url: ${sandbox.slackApiUrl}\nlog_level: warn\n`,
  );
  return product;
}

/** Starts the bot as a process of its own on a lab and a sandbox that outlive it; resolves when it is ready. */
export async function startBot(product: LabProduct, sandbox: Sandbox, crashAt?: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, '--config', product.configFile, 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SLACK_BOT_TOKEN: sandbox.botToken,
      SLACK_APP_TOKEN: sandbox.appToken,
      ...(crashAt === undefined ? {} : { COUNTERSIGN_CRASH_AT: crashAt }),
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  try {
    await eventually(
      () => (text.includes('Ready.') ? true : undefined),
      () => `the bot did not start:\n${text}`,
    );
  } catch (error) {
    await killBot(child);
    throw error;
  }
  return child;
}

/** Kills a bot, if it still runs, and waits until it is gone. */
export async function killBot(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Looks again and again until there is something; throws with `otherwise()` after a while. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  otherwise: () => string,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The first message of the channel that matches, once it is there, as the requester sees it. */
export function seen(sandbox: Sandbox, pattern: RegExp, patienceMs?: number): Promise<SeenMessage> {
  let last: readonly SeenMessage[] = [];
  return eventually(
    async () => {
      last = await sandboxClient(sandbox).messages(CHANNEL, 'U0REQUESTER');
      return last.find((message) => pattern.test(JSON.stringify(message)));
    },
    () => `no message matches ${pattern}: ${JSON.stringify(last, null, 1)}`,
    patienceMs,
  );
}

/** Approves the proposal that waits for it, the one with this title if there are several, as the approver; resolves to it. */
export async function approve(sandbox: Sandbox, title = ''): Promise<SeenMessage> {
  const proposal = await seen(sandbox, new RegExp(`Proposal \\d+-\\d+: ${title}.*"action_id":"proposal_approve"`, 's'));
  const { ok, error } = await sandboxClient(sandbox).click(
    'U0APPROVER',
    { channel: CHANNEL, ts: proposal.ts },
    'proposal_approve',
  );
  if (!ok) throw new Error(`the proposal could not be approved: ${error}`);
  return proposal;
}
