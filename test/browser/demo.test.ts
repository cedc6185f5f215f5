import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openSandboxPage } from '../helpers/browser.ts';
import { become, clickConfirmed, type Demo, say, startDemo } from '../helpers/demo.ts';

const ARTIFACTS = fileURLToPath(new URL('../artifacts', import.meta.url));

let demo: Demo;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  demo = await startDemo({ hosts: 3, load: true });
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  await openSandboxPage(page, demo.url);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
}, 60_000);

function namespaces(): string {
  return execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
}

function screenshot(name: string): Promise<Buffer> {
  return page.screenshot({ path: `${ARTIFACTS}/demo-${name}.png` });
}

describe('the demonstration, driven in a browser as two people', { timeout: 90_000 }, () => {
  it('tells a newcomer what to type', async () => {
    await page.getByText('/runbook run time-wait on @web').first().waitFor();
    await screenshot('welcome');
  });

  it('diagnoses three hosts in one message that is updated in place', async () => {
    // Enough load for TIME_WAIT to pile up, as on a host where something is wrong.
    await page.waitForTimeout(15_000);
    await say(page, '/runbook run time-wait on @web interval=4');
    await page.getByText(/asking 3 hosts/).waitFor();
    await page.getByText(/3 of 3 hosts answered/).waitFor({ timeout: 40_000 });
    const text = await page.getByTestId('messages').innerText();
    expect(text).toMatch(/WARNING\s+Upstream connections are not pooled/);
    expect(text).toMatch(/app\.conf:\d+/);
    expect(text).toMatch(/Service ports inside the ephemeral range are not reserved/);
    expect(text.match(/hosts answered/g)).toHaveLength(1);
    await screenshot('run');
  });

  it('shows the exact difference and refuses the approval of the requester and of a guest, for their eyes only', async () => {
    await page.getByText(/Proposal 1-1: pool upstream connections/).waitFor();
    await screenshot('pool');
    await page.getByText(/Proposal 1-2: reserve service ports/).waitFor();
    await clickConfirmed(page, 'Approve');
    await page.getByText(/somebody else has to approve it/).waitFor();
    await become(page, 'U0GUEST');
    await page.getByText(/somebody else has to approve it/).waitFor({ state: 'detached' });
    await clickConfirmed(page, 'Approve');
    await page.getByText(/Guests may not do this/).waitFor();
    expect(await page.getByTestId('messages').innerText()).toMatch(/\+ 8080-8082/);
    await screenshot('denied');
  });

  it('applies what somebody else approves, host by host, and proves it', async () => {
    await become(page, 'U0APPROVER');
    await clickConfirmed(page, 'Approve');
    await page.getByText(/Applied and proven on web-1, web-2 and web-3\./).waitFor({ timeout: 60_000 });
    const text = await page.getByTestId('messages').innerText();
    expect(text).toMatch(/reads back as 8080-8082/);
    expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(1);
    await screenshot('proven');
  });

  it('keeps it in the history, and takes it back on request', async () => {
    await say(page, '/runbook history web-2');
    await page.getByText(/1-2 reserve service ports: proven/).waitFor();
    await clickConfirmed(page, 'Undo');
    await page.getByText(/Undone on web-1, web-2 and web-3: what was captured is back\./).waitFor({ timeout: 40_000 });
    await screenshot('undone');
  });

  it('removes everything on Ctrl-C', async () => {
    const lab = /countersign-lab-([a-z0-9]+)/.exec(demo.output())?.[1] ?? 'unknown';
    expect(namespaces()).toContain(`cs-${lab}-`);
    expect(await demo.stop()).toBe(0);
    expect(namespaces()).not.toContain(`cs-${lab}-`);
  });
});
