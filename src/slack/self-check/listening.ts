import { once } from 'node:events';
import { createServer } from 'node:net';
import type { CheckItem } from '../../base/check-item.ts';
import { messageOf } from '../../base/error.ts';
import { formatListenAddress, type ListenAddress } from '../../base/listen-address.ts';
import { EVENTS_PATH } from '../manifest.ts';

const TIMEOUT_MS = 3000;

/** Whether requests could be taken there now, or already are: a request without a signature is refused with 401 or 503. */
export async function checkListen(listen: ListenAddress): Promise<CheckItem> {
  const what = 'requests';
  const address = formatListenAddress(listen);
  const taken = await whyTaken(listen);
  if (taken === undefined) return { what, state: 'ok', words: `${address} is free; Slack must reach it with HTTPS` };
  if (await isBot(address)) return { what, state: 'ok', words: `the bot takes requests at ${address}` };
  const hint = 'Stop what listens there, or choose another slack.listen.';
  return { what, state: 'missing', words: `${address} cannot be listened at: ${taken}`, hint };
}

async function whyTaken({ host, port }: ListenAddress): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function isBot(address: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { status } = await fetch(`http://${address}${EVENTS_PATH}`, { method: 'POST', signal, redirect: 'error' });
    return status === 401 || status === 503;
  } catch {
    return false;
  }
}
