import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openSandboxPage } from '../test/helpers/browser.ts';
import { become, say, startDemo } from '../test/helpers/demo.ts';

/*
 * Makes the README's screenshots from a real demonstration: `npm run screenshots` (Linux, root, Chromium).
 */

const IMAGES = fileURLToPath(new URL('images/', import.meta.url));
const PILE_UP_MS = 30_000;
/** The first host, then the others: each time 75 s until the slow proof. */
const PROOF_MS = 400_000;

mkdirSync(IMAGES, { recursive: true });
await using demo = await startDemo({ hosts: 3, load: true });
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1400 } });
  await openSandboxPage(page, demo.url);
  await page.waitForTimeout(PILE_UP_MS);
  await say(page, '/runbook run time-wait on @web');
  await page.getByText(/Proposal 1-1: pool upstream connections/).waitFor({ timeout: 60_000 });
  const messages = page.getByTestId('messages').getByTestId('message');
  await messages.first().screenshot({ path: `${IMAGES}run.png` });
  await become(page, 'U0APPROVER');
  const proposal = messages.filter({ hasText: 'Proposal 1-1: pool upstream connections' }).last();
  await proposal.getByRole('button', { name: 'Approve', exact: true }).waitFor();
  await proposal.screenshot({ path: `${IMAGES}proposal.png` });
  await proposal.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByText(/Applied and proven on web-1, web-2 and web-3\./).waitFor({ timeout: PROOF_MS });
  await proposal.screenshot({ path: `${IMAGES}proven.png` });
} finally {
  await browser.close();
}
