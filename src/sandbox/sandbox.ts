import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { createChanges } from './changes.ts';
import { routeActs } from './control/acting.ts';
import type { ControlDeps, SandboxShortcut, SlashCommand, Suggestion } from './control/context.ts';
import { routeViews } from './control/looking.ts';
import { createFaults } from './faults.ts';
import { bearerOnly, sameOriginOnly } from './guard.ts';
import { createSignedRequests, type RequestTarget } from './http-delivery/signed-requests.ts';
import type { JsonObject } from './json.ts';
import { routePage } from './page-files.ts';
import { type Connections, createConnections } from './socket-mode/connections.ts';
import { createCourier } from './socket-mode/delivery.ts';
import { createTraffic } from './traffic.ts';
import { createWebApi } from './web-api/dispatch.ts';
import { createMethods } from './web-api/methods.ts';
import { routeResponseUrls } from './web-api/response-url.ts';
import { routeWebApi, type SandboxHttp } from './web-api/routes.ts';
import { DEFAULT_EVENTS, DEFAULT_SCOPES } from './web-api/scopes.ts';
import {
  createDirectory,
  DEFAULT_CHANNELS,
  DEFAULT_MEMBERS,
  DEFAULT_USER_GROUPS,
  type SandboxChannel,
  type SandboxDirect,
  type SandboxMember,
  type SandboxUserGroup,
} from './workspace/directory.ts';
import { createWorkspace, type Workspace } from './workspace/workspace.ts';

/** What a sandbox is made of. */
export interface SandboxOptions {
  /** A port of 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Without the bot. */
  readonly members?: readonly SandboxMember[];
  readonly channels?: readonly SandboxChannel[];
  readonly userGroups?: readonly SandboxUserGroup[];
  readonly command: SlashCommand;
  readonly botName: string;
  readonly suggestions?: readonly Suggestion[];
  /** Words that complete a command, such as groups of hosts; `usage` is the word. */
  readonly words?: readonly Suggestion[];
  /** Lines for the top of an empty channel; a line that starts with `/` fills the composer when it is clicked. */
  readonly welcome?: readonly string[];
  readonly shortcuts?: readonly SandboxShortcut[];
  /** Whether Slack's rate limits hold; true when left out. What exceeds them is counted in any case. */
  readonly rateLimits?: boolean;
  /** Where the bot takes signed requests; over sockets when left out. */
  readonly requests?: RequestTarget;
  /** What the bot's token was granted; what the app's manifest asks for when left out. */
  readonly scopes?: readonly string[];
  /** The events that the app subscribes to; those of its manifest when left out. */
  readonly events?: readonly string[];
  /** Direct messages of two people. */
  readonly directs?: readonly SandboxDirect[];
  /** The tokens of an earlier start, for a Slack that was away and is back; new ones when left out. */
  readonly tokens?: { readonly bot: string; readonly app: string };
}

/** A local Slack that is running. Its tokens are new with every start and good for nothing else. */
export interface Sandbox {
  /** The page, with the control token in the fragment. */
  readonly url: string;
  /** `slackApiUrl` for Bolt; ends with `/api/`. */
  readonly slackApiUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly controlToken: string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local Slack on 127.0.0.1: Web API, Socket Mode, and a page on which one person acts as several members.
 * It remembers nothing after it stops. Throws `OperatorError` `config/port-in-use`.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { ids, logger } = options;
  const tokens = {
    bot: options.tokens?.bot ?? `xoxb-sandbox-${ids.nonce()}`,
    app: options.tokens?.app ?? `xapp-1-A0SANDBOX-${ids.nonce()}`,
    control: ids.nonce(),
  };
  const stopping = new AbortController();
  let origin = '';
  const parts = assemble(options, { tokens, signal: stopping.signal, origin: () => origin });
  const server = createAdaptorServer({ fetch: parts.http.fetch }) as Server;
  server.on('upgrade', parts.connections.accept);
  await listen(server, options.port);
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  logger.info('sandbox started', { origin });

  async function stop(): Promise<void> {
    if (stopping.signal.aborted) return;
    stopping.abort();
    await parts.connections.stop();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    logger.info('sandbox stopped');
  }
  return {
    url: `${origin}/#token=${tokens.control}`,
    slackApiUrl: `${origin}/api/`,
    botToken: tokens.bot,
    appToken: tokens.app,
    controlToken: tokens.control,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Surroundings {
  readonly tokens: { readonly bot: string; readonly app: string; readonly control: string };
  readonly signal: AbortSignal;
  readonly origin: () => string;
}

/** Wires the parts of one sandbox together. */
function assemble(options: SandboxOptions, around: Surroundings): { http: SandboxHttp; connections: Connections } {
  const { clock, ids } = options;
  const { tokens, origin, signal } = around;
  const changes = createChanges();
  const faults = createFaults(changes);
  const traffic = createTraffic({ clock, changes });
  const workspace = createWorkspace({ directory: directoryOf(options), clock, ids, changes });
  const receive = (frame: JsonObject): void => courier.receive(frame);
  const connections = createConnections({
    clock,
    ids,
    appId: workspace.directory.appId,
    changes,
    traffic,
    onFrame: receive,
  });
  const { requests } = options;
  const courier = createCourier({
    clock,
    ids,
    faults,
    traffic,
    send: requests ? createSignedRequests({ ...requests, clock, traffic, receive, signal }) : connections.send,
    cut: () => connections.cut('one'),
    signal,
  });
  const openConnection = (): string => origin().replace('http:', 'ws:') + connections.issueTicket();
  const scopes = options.scopes ?? DEFAULT_SCOPES;
  const methods = createMethods({ workspace, clock, ids, origin, openConnection, scopes });
  const rateLimits = options.rateLimits ?? true;
  const api = createWebApi({ methods, tokens, scopes, rateLimits, clock, faults, traffic });
  const acts = { workspace, courier, clock, ids, origin, scopes, events: options.events ?? DEFAULT_EVENTS };
  const showcase = showcaseOf(options);
  const control: ControlDeps = { acts, changes, connections, faults, traffic, api, showcase };
  const http = createHttp({ control, workspace, ids, logger: options.logger, origin, controlToken: tokens.control });
  return { http, connections };
}

function createHttp(parts: {
  readonly control: ControlDeps;
  readonly workspace: Workspace;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly origin: () => string;
  readonly controlToken: string;
}): SandboxHttp {
  const http: SandboxHttp = new Hono();
  const { api, traffic } = parts.control;
  http.onError((error, context) => {
    parts.logger.error('sandbox request failed', { error });
    return context.json({ ok: false, error: 'internal_error' }, 500);
  });
  routeWebApi(http, { api, files: parts.workspace.files, traffic });
  routeResponseUrls(http, { workspace: parts.workspace, ids: parts.ids, traffic });
  http.use(sameOriginOnly(parts.origin));
  routePage(http);
  http.use('/_control/*', bearerOnly(parts.controlToken));
  routeActs(http, parts.control);
  routeViews(http, parts.control);
  return http;
}

function directoryOf(options: SandboxOptions): Workspace['directory'] {
  return createDirectory({
    members: options.members ?? DEFAULT_MEMBERS,
    channels: options.channels ?? DEFAULT_CHANNELS,
    directs: options.directs ?? [],
    userGroups: options.userGroups ?? DEFAULT_USER_GROUPS,
    botName: options.botName,
  });
}

function showcaseOf(options: SandboxOptions): ControlDeps['showcase'] {
  return {
    command: options.command,
    suggestions: options.suggestions ?? [],
    words: options.words ?? [],
    welcome: options.welcome ?? [],
    shortcuts: options.shortcuts ?? [],
  };
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'EADDRINUSE') throw cause;
    throw new OperatorError('config/port-in-use', {
      message: `port ${port} of 127.0.0.1 is taken`,
      hint: `Stop what listens there (ss -ltnp 'sport = :${port}'), or choose another port; 0 takes a free one.`,
      details: { port },
      cause,
    });
  }
}
