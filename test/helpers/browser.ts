import { type Browser, chromium, type Page } from 'playwright-core';

/** A headless Chromium of this machine; the caller closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

const LOADS = 20;
const LOAD_MS = 4000;

/**
 * Opens the local Slack's page. Chromium gives up on whatever it is loading when the machine's network changes, even over
 * loopback (net::ERR_NETWORK_CHANGED), and labs of other tests come and go; so the page is loaded until it stands.
 */
export async function openSandboxPage(page: Page, url: string): Promise<void> {
  for (let load = 1; ; load++) {
    try {
      await page.goto(url);
      await page.getByTestId('composer').waitFor({ timeout: LOAD_MS });
      return;
    } catch (error) {
      if (load === LOADS) throw error;
      // Only the fragment of the link differs from what is open, so going there again would load nothing.
      await page.goto('about:blank');
    }
  }
}
