import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openSandboxPage } from '../helpers/browser.ts';
import { become, type Demo, say, startDemo } from '../helpers/demo.ts';

const ARTIFACTS = fileURLToPath(new URL('../artifacts', import.meta.url));
const WEB = '@web: simulated-web-1, simulated-web-2';

let demo: Demo;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  demo = await startDemo({ hosts: 2, load: true, simulated: true });
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  page.setDefaultTimeout(10_000);
  await openSandboxPage(page, demo.url);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
}, 60_000);

function screenshot(name: string): Promise<Buffer> {
  return page.screenshot({ path: `${ARTIFACTS}/incident-${name}.png` });
}

function dialog(name: RegExp) {
  return page.getByRole('dialog', { name });
}

/** Opens the App Home of whoever we are. */
async function goHome(): Promise<void> {
  await page.getByRole('button', { name: 'countersign Home' }).click();
}

async function goTo(channel: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Channels' }).getByRole('button', { name: channel }).click();
}

describe('an incident on simulated hosts, driven in a browser as two people and a guest', { timeout: 60_000 }, () => {
  it('begins in a dialog that says which hosts are meant and marks what is wrong at its field', async () => {
    await say(page, '/runbook');
    const picker = dialog(/Run a runbook/);
    await picker
      .getByLabel('Runbook')
      .selectOption({ label: 'time-wait — TIME_WAIT, ports and nginx connection reuse' });
    await picker.getByLabel(/interval/).waitFor();
    await picker.getByLabel('Hosts', { exact: true }).fill('@wob');
    await picker.getByLabel(/interval/).fill('1');
    await picker.getByRole('button', { name: 'Run', exact: true }).click();
    await picker.getByText(/Did you mean @web/).waitFor();
    await picker.getByText(/interval=1 is out of range/).waitFor();
    await screenshot('picker-errors');
    await picker.getByLabel('Hosts', { exact: true }).fill('@web');
    await picker.getByLabel('Hosts', { exact: true }).press('Enter');
    await picker.getByText(WEB).waitFor();
    await picker.getByLabel(/interval/).fill('3');
    await screenshot('picker');
    await picker.getByRole('button', { name: 'Run', exact: true }).click();
    await picker.waitFor({ state: 'detached' });
  });

  it('is followed in one message, which its proposals and buttons join at the end', async () => {
    await page.getByText(/of 2 hosts answered/).waitFor();
    await page.getByText(/2 of 2 hosts answered · /).waitFor();
    await page.getByText(/Proposal 1-1: pool upstream connections/).waitFor();
    const text = await page.getByTestId('messages').innerText();
    expect(text).toMatch(/time-wait on @web · 2 of 2 hosts answered/);
    expect(text).toMatch(/WARNING\s+Upstream connections are not pooled/);
    expect(text.match(/hosts answered/g)).toHaveLength(1);
    for (const name of ['Run again', 'Raw output', 'Share …'])
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(1);
    await screenshot('run');
  });

  it('refuses a guest, whose Home shows nothing of the hosts', async () => {
    await become(page, 'U0GUEST');
    await page.getByTestId('messages').getByRole('button', { name: 'Approve', exact: true }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText(/Guests may not do this/).waitFor();
    await screenshot('guest');
    await goHome();
    await page.getByText(/guest/i).last().waitFor();
    await page.getByText(/Waits for you/).waitFor({ state: 'detached' });
    expect(await page.getByText(/simulated-web-1/).count()).toBe(0);
    await screenshot('guest-home');
  });

  it('shows somebody else at Home what waits for them, where they approve it', async () => {
    await become(page, 'U0APPROVER');
    await page.getByText('Waits for you (2)').waitFor();
    await screenshot('home');
    await page.getByRole('button', { name: 'Approve', exact: true }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText('Waits for you (1)').waitFor();
    await page.getByText('Being changed now').waitFor();
    await screenshot('home-approved');
    await page
      .getByRole('button', { name: /Reject/ })
      .first()
      .click();
    const why = dialog(/Reject 1-2/);
    await why.getByLabel(/Why/).fill('One change at a time.');
    await why.getByRole('button', { name: 'Reject', exact: true }).click();
    await page.getByText(/Waits for you \(1\)/).waitFor({ state: 'detached' });
  });

  it('ends in messages that say who decided what and why, and is shared with others', async () => {
    await goTo('incidents');
    await page.getByText(/Rejected by approver · .*One change at a time\./).waitFor();
    await page.getByText(/Approved by approver · /).waitFor();
    expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    await screenshot('decided');
    await page.getByRole('button', { name: 'Share …' }).click();
    const share = dialog(/Share run 1/);
    await share.getByLabel('Channel').selectOption('C0OPS');
    await share.getByLabel(/Why/).fill('For <!here> and the postmortem');
    await share.getByRole('button', { name: 'Share', exact: true }).click();
    await share.waitFor({ state: 'detached' });
    await goTo('ops');
    await page.getByText(/For <!here> and the postmortem/).waitFor();
    await screenshot('shared');
  });

  it('can be read on a phone and in the dark', async () => {
    await goTo('incidents');
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 390, height: 844 });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(390);
      await screenshot(`phone-${scheme}`);
      await page.setViewportSize({ width: 1280, height: 1000 });
      await screenshot(`wide-${scheme}`);
    }
  });
});
