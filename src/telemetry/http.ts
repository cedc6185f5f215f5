import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf, OperatorError } from '../base/error.ts';
import { formatListenAddress, type ListenAddress } from '../base/listen-address.ts';
import type { Health } from './health.ts';

/** A server of health pages that is running. */
export interface HealthServer extends AsyncDisposable {
  /** Where it listens, as a URL without a slash at its end. */
  readonly url: string;
}

/** Nobody who asks for health sends slowly. */
const REQUEST_TIMEOUT_MS = 5000;

/**
 * Serves `/healthz` and `/readyz` as JSON, with status 200 or 503. There is nothing secret in them and no login, so they
 * belong on an address that only the machine or its orchestrator reaches. Throws config/port-in-use.
 */
export async function startHealthServer(listen: ListenAddress, health: Health): Promise<HealthServer> {
  const timeouts = { headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(timeouts, (request, response) => {
    answer(health, request, response).catch(() => response.writeHead(500).end());
  });
  try {
    server.listen(listen.port, listen.host);
    await once(server, 'listening');
  } catch (cause) {
    throw new OperatorError('config/port-in-use', {
      message: `${formatListenAddress(listen)} cannot be listened at: ${messageOf(cause)}`,
      hint: 'Stop what listens there, or choose another health.listen.',
      cause,
    });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : listen.port;
  return {
    url: `http://${formatListenAddress({ host: listen.host, port })}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(health: Health, { url = '/', method }: IncomingMessage, response: ServerResponse): Promise<void> {
  const page = await health.page(url.split('?', 1)[0] ?? '/');
  if (!page) {
    response.writeHead(404).end();
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else {
    response.writeHead(page.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : `${JSON.stringify(page.body, null, 2)}\n`);
  }
}
