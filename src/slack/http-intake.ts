import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Condition } from '../base/condition.ts';
import { OperatorError } from '../base/error.ts';
import { formatListenAddress, type ListenAddress } from '../base/listen-address.ts';
import type { Logger } from '../base/logger.ts';
import type { Secret } from '../base/secret.ts';
import { boltLogger } from './bolt-logger.ts';
import { type Intake, passiveReceiver } from './intake.ts';
import { EVENTS_PATH } from './manifest.ts';

/** A page beside Slack's requests, such as readiness; undefined = there is none at this path. */
export type OtherPages = (path: string) => Promise<{ readonly status: number; readonly body: unknown } | undefined>;

/** What taking signed requests needs. */
export interface HttpIntakeDeps {
  readonly signingSecret: Secret;
  readonly listen: ListenAddress;
  readonly otherPages: OtherPages;
  readonly logger: Logger;
}

/** Slack's payloads stay far below this; view states of 100 blocks are some 100 kB. */
const MOST_BYTES = 1_048_576;
/** Slack waits three seconds for an answer, so whoever sends slower is not Slack. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Deliveries as signed requests, for where Slack can reach an address of ours. Bolt verifies the signature over the raw
 * body with HMAC-SHA256, compares in constant time and refuses what was signed more than five minutes ago
 * (docs.slack.dev/authentication/verifying-requests-from-slack). A request that is sent again inside that time is
 * known by what it carries: everything that acts is claimed in the database once.
 */
export function createHttpIntake(deps: HttpIntakeDeps): Intake {
  const bolt = new HTTPReceiver({
    signingSecret: deps.signingSecret.reveal(),
    endpoints: EVENTS_PATH,
    processBeforeResponse: false,
    bodyLimit: MOST_BYTES,
    logger: boltLogger(deps.logger),
  });
  return new SignedRequests(deps, bolt);
}

class SignedRequests implements Intake {
  readonly receiver;
  readonly #deps: HttpIntakeDeps;
  readonly #server: Server;
  readonly #bolt: HTTPReceiver;
  #takes = false;

  constructor(deps: HttpIntakeDeps, bolt: HTTPReceiver) {
    this.#deps = deps;
    this.#bolt = bolt;
    this.receiver = passiveReceiver((app) => bolt.init(app));
    const timeouts = { headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
    this.#server = createServer(timeouts, (request, response) => this.#answer(request, response));
  }

  async prepare(): Promise<void> {
    const { listen } = this.#deps;
    try {
      this.#server.listen(listen.port, listen.host);
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new OperatorError('config/port-in-use', {
        message: `${formatListenAddress(listen)} cannot be listened at: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Stop what listens there, or choose another slack.listen.',
        cause,
      });
    }
  }

  async open(): Promise<void> {
    this.#takes = true;
  }

  async stop(): Promise<void> {
    this.#takes = false;
  }

  async close(): Promise<void> {
    this.#takes = false;
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  condition(): Condition {
    const at = addressOf(this.#server);
    if (at === undefined) return { ok: false, words: 'no requests are taken' };
    const words = `requests of Slack are ${this.#takes ? 'taken' : 'not taken'} at http://${at}${EVENTS_PATH}`;
    return { ok: this.#takes, words };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path !== EVENTS_PATH) {
      this.#answerPage(path, request, response).catch(() => end(response, 500));
    } else if (request.method !== 'POST') {
      end(response.setHeader('allow', 'POST'), 405);
    } else if (!this.#takes) {
      // Slack sends events again; who typed or clicked is told by Slack.
      end(response.setHeader('connection', 'close'), 503);
    } else {
      this.#bolt.requestListener(request, response);
    }
  }

  async #answerPage(path: string, { method }: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await this.#deps.otherPages(path);
    if (!page) return end(response, 404);
    if (method !== 'GET' && method !== 'HEAD') return end(response.setHeader('allow', 'GET, HEAD'), 405);
    response.writeHead(page.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : `${JSON.stringify(page.body, null, 2)}\n`);
  }
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

/** Where a server listens, which the system may have chosen; undefined = it does not. */
function addressOf(server: Server): string | undefined {
  const address = server.address();
  if (address === null || typeof address === 'string') return undefined;
  return formatListenAddress({ host: address.address, port: address.port });
}
