import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A demonstration that runs as a process of its own. */
export interface Demo extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
  output(): string;
  /** Ctrl-C; resolves with the exit status when everything is removed. */
  stop(): Promise<number | null>;
}

/** How a demonstration is started. */
interface StartOptions {
  readonly hosts: number;
  readonly load: boolean;
  /** On models of hosts, which need no root. */
  readonly simulated?: boolean;
  /** Whom it runs as, by number; whoever runs the tests otherwise. */
  readonly uid?: number;
}

/** Starts `countersign demo` on a free port and waits until it is ready. */
export async function startDemo(options: StartOptions): Promise<Demo> {
  const flags = [...(options.load ? [] : ['--no-load']), ...(options.simulated ? ['--simulated'] : [])];
  const args = ['demo', '--port', '0', '--hosts', String(options.hosts), ...flags];
  const user = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid, cwd: '/' };
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...user });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'exit');
  const deadline = Date.now() + 60_000;
  while (!text.includes('Ready.')) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the demonstration did not start:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const url = /Local Slack: (\S+)/.exec(text)?.[1] ?? '';
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    await ended;
    return child.exitCode;
  };
  return {
    url,
    process: child,
    output: () => text,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

/** Types a line as the present member and sends it. */
export async function say(page: Page, line: string): Promise<void> {
  await page.getByTestId('composer').fill(line);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

/** Goes on as another member. */
export async function become(page: Page, member: string): Promise<void> {
  await page.getByTestId('member-switcher').selectOption(member);
}

/** Clicks a button of the last message that has one, and confirms the dialog that it opens. */
export async function clickConfirmed(page: Page, name: string): Promise<void> {
  await page.getByTestId('messages').getByRole('button', { name, exact: true }).last().click();
  await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
}
