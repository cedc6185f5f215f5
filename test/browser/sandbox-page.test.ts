import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { startTestApp, type TestApp } from '../helpers/bolt.ts';
import { launchBrowser, openSandboxPage } from '../helpers/browser.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text });
const section = (text: string) => ({ type: 'section' as const, text: mrkdwn(text) });
const preformatted = (text: string) => ({
  type: 'rich_text' as const,
  elements: [{ type: 'rich_text_preformatted' as const, elements: [{ type: 'text' as const, text }] }],
});

const HOSTILE =
  '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> \u202eevil\u202c ```not a fence';

const PROPOSAL = [
  { type: 'header' as const, text: plain('Proposal 41-1') },
  section('*Pool upstream connections* on `web-1`, asked by <@U0REQUESTER>\n_This is not port exhaustion._'),
  preformatted('  12   upstream app {\n  13     server 127.0.0.1:8080;\n     +   keepalive 32;'),
  {
    type: 'context' as const,
    elements: [mrkdwn('May approve: sre-approvers. Expires <!date^1795394840^{time}|soon>.')],
  },
  {
    type: 'actions' as const,
    elements: [
      {
        type: 'button' as const,
        action_id: 'approve',
        style: 'primary' as const,
        text: plain('Approve'),
        confirm: {
          title: plain('Approve 41-1?'),
          text: mrkdwn('This changes *3 hosts*.'),
          confirm: plain('Yes, approve'),
          deny: plain('Not yet'),
        },
      },
      { type: 'button' as const, action_id: 'reject', style: 'danger' as const, text: plain('Reject') },
    ],
  },
];

const PICKER = {
  type: 'modal' as const,
  callback_id: 'picker',
  title: plain('Run a runbook'),
  submit: plain('Run'),
  blocks: [
    {
      type: 'input' as const,
      block_id: 'hosts',
      label: plain('Hosts'),
      element: { type: 'plain_text_input' as const, action_id: 'v' },
    },
    {
      type: 'input' as const,
      block_id: 'depth',
      label: plain('Depth'),
      element: {
        type: 'radio_buttons' as const,
        action_id: 'v',
        options: [
          { text: plain('Quick'), value: 'q' },
          { text: plain('Full'), value: 'f' },
        ],
      },
    },
  ],
};

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
  sandbox = await startTestSandbox({
    suggestions: [
      { usage: '/runbook run time-wait on @web', description: 'Look at many TIME_WAIT sockets' },
      { usage: '/runbook run <runbook> on <hosts>', description: 'Run any runbook' },
      { usage: '/runbook list', description: 'What there is' },
    ],
    welcome: ['Type a command, or click one:', '/runbook run time-wait on @web'],
  });
  bot = await startTestApp(sandbox, (app) => {
    app.command('/runbook', async ({ ack, body, client, respond }) => {
      if (body.text === 'silent') return;
      await ack();
      if (body.text === 'pick') await client.views.open({ trigger_id: body.trigger_id, view: PICKER });
      else if (body.text === 'hostile') {
        const text = HOSTILE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
        await client.chat.postMessage({ channel: body.channel_id, text });
        await client.chat.postMessage({
          channel: body.channel_id,
          text: HOSTILE,
          blocks: [preformatted(HOSTILE), section(HOSTILE)],
        });
      } else {
        const posted = await client.chat.postMessage({
          channel: body.channel_id,
          text: 'Proposal 41-1',
          blocks: PROPOSAL,
        });
        await client.chat.postMessage({ channel: body.channel_id, thread_ts: posted.ts!, text: 'step 1: `ss -s`' });
        await respond({ response_type: 'ephemeral', text: 'Started.' });
      }
    });
    app.action('approve', async ({ ack, body, client }) => {
      await ack();
      if (body.type !== 'block_actions' || !body.message || !body.channel) return;
      const blocks = [section(`*Proposal 41-1* approved by <@${body.user.id}>`)];
      await client.chat.update({ channel: body.channel.id!, ts: body.message['ts'], text: 'approved', blocks });
    });
    app.action('reject', async () => {});
    app.view('picker', async ({ ack, view }) => {
      const hosts = view.state.values['hosts']?.['v']?.value;
      await (hosts === '@web'
        ? ack()
        : ack({ response_action: 'errors', errors: { hosts: 'No such host. Did you mean @web?' } }));
    });
    app.event('app_home_opened', async ({ event, client }) => {
      await client.views.publish({
        user_id: event.user,
        view: { type: 'home', blocks: [section(`Hello <@${event.user}>`)] },
      });
    });
  });
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
  opened.on('pageerror', (error) => complaints.push(error.message));
  opened.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await openSandboxPage(opened, sandbox.url);
  complaints = [];
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
  await page.getByLabel('Lose the next acks').fill('1');
  await page.keyboard.press('Tab');
  await type('/runbook list');
  await rows().filter({ hasText: 'operation_timeout' }).waitFor();
});
