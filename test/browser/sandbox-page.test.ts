import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { startTestApp, type TestApp } from '../helpers/bolt.ts';
import { launchBrowser, openSandboxPage } from '../helpers/browser.ts';
import { listenAsPageBot, PAGE_SANDBOX } from '../helpers/page-bot.ts';
import { plain } from '../helpers/sandbox-scene.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';

let browser: Browser;
let sandbox: Sandbox;
let bot: TestApp;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  complaints = [];
  sandbox = await startTestSandbox(PAGE_SANDBOX);
  bot = await startTestApp(sandbox, listenAsPageBot);
  page = await openPage();
});

afterEach(async () => {
  await page.context().close();
  await bot[Symbol.asyncDispose]();
  await sandbox.stop();
  expect(complaints).toEqual([]);
});

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const opened = await context.newPage();
  // A load that a change of the machine's network broke complains, too, and is no fault of the page.
  await openSandboxPage(opened, sandbox.url);
  opened.on('pageerror', (error) => complaints.push(error.message));
  opened.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return opened;
}

async function type(line: string): Promise<void> {
  await page.getByTestId('composer').fill(line);
  await page.keyboard.press('Enter');
}

const become = (id: string) => page.getByTestId('member-switcher').selectOption(id);
const rows = () => page.getByTestId('messages').getByTestId('message');

async function picture(name: string, shown = page): Promise<void> {
  await shown.screenshot({ path: fileURLToPath(new URL(`../artifacts/sandbox-${name}.png`, import.meta.url)) });
}

test('a newcomer clicks the suggested command, sends it, and another member approves it', async () => {
  await page.getByRole('button', { name: '/runbook run time-wait on @web' }).click();
  await picture('welcome');
  await page.keyboard.press('Enter');
  await rows().filter({ hasText: 'Pool upstream connections' }).waitFor();
  await rows().filter({ hasText: 'Only visible to you' }).filter({ hasText: 'Started.' }).waitFor();

  await become('U0APPROVER');
  await expect.poll(() => page.getByTestId('me').textContent()).toContain('Second on-call');
  await rows().filter({ hasText: 'Proposal 41-1' }).waitFor();
  expect(await rows().filter({ hasText: 'Started.' }).count(), 'the ephemeral was for the requester').toBe(0);
  const ts = await rows().first().getAttribute('data-ts');

  await page.getByRole('button', { name: 'Approve' }).click();
  const dialog = page.getByTestId('confirm');
  await picture('confirm');
  await dialog.getByRole('button', { name: 'Not yet' }).click();
  expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(1);
  await page.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByRole('button', { name: 'Yes, approve' }).click();
  await rows().filter({ hasText: 'approved by @approver' }).waitFor();
  expect(await rows().first().getAttribute('data-ts'), 'the same message, changed in place').toBe(ts);
  expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
});

test('the page is legible in light, in dark and on a phone', async () => {
  await type('/runbook run time-wait on @web');
  await page.getByRole('button', { name: '1 reply' }).click();
  await page.getByRole('complementary', { name: 'Thread' }).getByText('ss -s').waitFor();
  await picture('light');
  for (const [name, options] of [
    ['dark', { colorScheme: 'dark' }],
    ['phone', { viewport: { width: 390, height: 844 } }],
  ] as const) {
    const other = await openPage(options);
    await other.getByTestId('messages').getByText('Pool upstream connections').waitFor();
    await picture(name, other);
    const overflow = await other.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `${name} does not scroll sideways`).toBeLessThanOrEqual(0);
    await other.context().close();
  }
});

test('text from hosts is text: no markup runs, no direction is overridden, no fence opens', async () => {
  await type('/runbook hostile');
  await expect.poll(() => rows().count()).toBe(2);
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  expect(await page.getByTestId('messages').locator('script, img').count()).toBe(0);
  for (const row of await rows().all()) {
    const text = await row.textContent();
    expect(text).toContain('<script>window.hacked = 1</script>');
    expect(text).toContain('U+202E');
    expect(text).not.toContain('\u202e');
  }
  await picture('hostile');
});

test('commands complete with the keyboard', async () => {
  const composer = page.getByTestId('composer');
  await composer.pressSequentially('/runbook run');
  expect(await page.getByRole('listbox', { name: 'Commands' }).getByRole('option').count()).toBe(2);
  await picture('completion');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await composer.inputValue()).toBe('/runbook run <runbook> on <hosts>');
  await page.keyboard.type('time-wait');
  expect(await composer.inputValue()).toBe('/runbook run time-wait on <hosts>');
  await composer.fill('/runbook hosts @w');
  await page.keyboard.press('Tab');
  expect(await composer.inputValue(), 'the last word is completed').toBe('/runbook hosts @web');
});

test('a modal shows what is missing and what the bot refuses, then closes', async () => {
  await type('/runbook pick');
  const modal = page.getByTestId('modal');
  await modal.getByRole('button', { name: 'Run' }).click();
  await expect.poll(() => modal.getByText('Please complete this required field.').count()).toBe(2);
  await modal.getByLabel('Hosts').fill('@wbe');
  await modal.getByLabel('Full').check();
  await modal.getByRole('button', { name: 'Run' }).click();
  await modal.getByText('No such host. Did you mean @web?').waitFor();
  await picture('modal');
  expect(await modal.getByLabel('Hosts').inputValue(), 'what was typed stays').toBe('@wbe');
  await modal.getByLabel('Hosts').fill('@web');
  await page.keyboard.press('Enter');
  await modal.waitFor({ state: 'hidden' });

  await type('/runbook pick');
  await modal.waitFor();
  await page.keyboard.press('Escape');
  await modal.waitFor({ state: 'hidden' });
});

test('a click and a command that the bot does not answer say so', async () => {
  await type('/runbook run time-wait on @web');
  await page.getByRole('button', { name: 'Reject' }).click();
  await page.getByTestId('toast').filter({ hasText: 'operation_timeout' }).waitFor();
  await page.getByRole('img', { name: /operation_timeout/ }).waitFor();
  await type('/runbook silent');
  await rows().filter({ hasText: '/runbook failed with the error “operation_timeout”' }).waitFor();
});

test('the App Home, direct messages, threads and the inspector are there', async () => {
  await page.getByRole('button', { name: /countersign Home/ }).click();
  await page.getByTestId('home').getByText('Hello @requester').waitFor();
  await page.getByRole('button', { name: '# ops' }).click();
  await type('hello & <welcome>');
  await rows().filter({ hasText: 'hello & <welcome>' }).hover();
  await page.getByRole('button', { name: 'Reply in thread' }).click();
  await page.getByTestId('thread-composer').fill('a reply');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '1 reply' }).waitFor();
  await page.getByText('Inspector: raw traffic and faults').click();
  await page.getByTestId('inspector').getByText('frame events_api').first().waitFor();
  await picture('inspector');
  await page.getByLabel('Filter').fill('views.publish');
  await page.getByTestId('inspector').getByText('frame events_api').first().waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'What this Slack can do' }).click();
  await page.getByRole('row', { name: /method chat\.update yes/ }).waitFor();
  await page.getByRole('tab', { name: 'Make things go wrong' }).click();
  await page.getByLabel('Lose the next acks').fill('1');
  await page.keyboard.press('Tab');
  await type('/runbook list');
  await rows().filter({ hasText: 'operation_timeout' }).waitFor();
});

test('a message has its shortcuts in a menu, and a modal that the bot rewrites keeps what is being typed', async () => {
  await type('/runbook run time-wait on @web');
  const row = rows().filter({ hasText: 'Pool upstream connections' });
  await row.hover();
  await row.getByRole('button', { name: 'More message actions' }).click();
  await page.keyboard.press('Escape');
  expect(await page.getByRole('menuitem', { name: /Show run/ }).isVisible()).toBe(false);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  const modal = page.getByTestId('modal');
  await modal.waitFor();
  await page.keyboard.type('@we');
  await modal.getByText('@we means 3 hosts').waitFor();
  await page.keyboard.type('b');
  await modal.getByText('@web means 3 hosts').waitFor();
  expect(await modal.getByLabel('Hosts').inputValue()).toBe('@web');
});

test('new messages elsewhere are counted, links to messages lead there, and the colours are a choice', async () => {
  await bot.app.client.chat.postMessage({ channel: 'C0OPS', text: 'one' });
  const second = await bot.app.client.chat.postMessage({ channel: 'C0OPS', text: 'two' });
  await bot.app.client.chat.update({ channel: 'C0OPS', ts: second.ts!, text: 'two, changed' });
  await bot.app.client.chat.postEphemeral({ channel: 'C0OPS', user: 'U0APPROVER', text: 'not for the requester' });
  await page.getByRole('button', { name: /# ops 2 new messages/ }).click();
  await rows().filter({ hasText: 'two, changed' }).waitFor();
  expect(await page.getByText('2 new messages').count()).toBe(0);
  const link = await bot.app.client.chat.getPermalink({ channel: 'C0OPS', message_ts: second.ts! });
  const docs = { type: 'button' as const, action_id: 'go', text: plain('Open message'), url: link.permalink! };
  await bot.app.client.chat.postMessage({
    channel: 'C0INCIDENTS',
    text: 'x',
    blocks: [{ type: 'actions', elements: [docs] }],
  });
  await page.getByRole('button', { name: /# incidents/ }).click();
  await page.getByRole('button', { name: 'Open message' }).click();
  await rows().filter({ hasText: 'two, changed' }).waitFor();
  expect(page.context().pages()).toHaveLength(1);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  const colours = page.getByRole('button', { name: /^Colours/ });
  for (const name of ['Colours: light', 'Colours: dark']) {
    await colours.click();
    expect(await colours.textContent()).toBe(name);
  }
  expect(await ground()).not.toBe(light);
});
