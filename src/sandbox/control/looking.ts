import type { Context } from 'hono';
import type { Change } from '../changes.ts';
import { COVERAGE } from '../coverage.ts';
import type { JsonObject } from '../json.ts';
import type { SandboxHttp } from '../web-api/routes.ts';
import type { SandboxMember } from '../workspace/directory.ts';
import { mimeTypeOf } from '../workspace/files.ts';
import { type Message, wireMessage } from '../workspace/messages.ts';
import { type View, wireView } from '../workspace/views.ts';
import type { ControlDeps } from './context.ts';

/** `GET /_control/…`: what a person sees, and what went over the wire. */
export function routeViews(http: SandboxHttp, deps: ControlDeps): void {
  const { workspace } = deps.acts;
  http.get('/_control/state', (context) => context.json(stateOf(deps)));
  http.get('/_control/messages/:channel', (context) => {
    const channel = workspace.directory.conversation(context.req.param('channel'));
    if (channel === undefined) return context.json({ ok: false, error: 'unknown_channel' }, 404);
    const visible = workspace.messages.visible(channel.id, context.req.query('user'));
    return context.json({ ok: true, messages: visible.map((message) => shownMessage(message, visible)) });
  });
  http.get('/_control/modal/:user', (context) =>
    context.json(shownView(deps, workspace.views.top(context.req.param('user')))),
  );
  http.get('/_control/home/:user', (context) =>
    context.json(shownView(deps, workspace.views.home(context.req.param('user')))),
  );
  http.get('/_control/log', (context) =>
    context.json({ ok: true, entries: deps.traffic.since(Number(context.req.query('after') ?? 0)) }),
  );
  http.get('/_control/file/:id', (context) => sendFile(deps, context, context.req.param('id')));
  http.get('/_control/coverage', (context) => context.json({ ok: true, lines: COVERAGE }));
  http.get('/_control/stream', () => streamChanges(deps));
}

function stateOf(deps: ControlDeps): JsonObject {
  const { directory } = deps.acts.workspace;
  return {
    ok: true,
    team: { id: directory.teamId, name: directory.teamName },
    bot: shownMember(directory.bot),
    members: directory.people.map(shownMember),
    userGroups: directory.userGroups,
    channels: directory.conversations,
    ...deps.showcase,
    sockets: deps.connections.count,
    scopes: deps.acts.scopes,
    faults: deps.faults.state,
    happened: deps.faults.happened,
    counts: deps.api.counts,
    exceeded: Object.values(deps.api.counts).reduce((sum, { exceeded }) => sum + exceeded, 0),
  };
}

/** What a member is to the workspace, in the words that people use. */
function kindOf(member: SandboxMember): string {
  if (member.isDeleted) return 'deactivated';
  if (member.isBot) return 'bot';
  if (member.isStranger) return 'from another organisation';
  if (member.teamId !== undefined) return 'from another workspace';
  if (member.isUltraRestricted) return 'guest of one channel';
  return member.isRestricted ? 'guest' : 'member';
}

function shownMember(member: SandboxMember): JsonObject {
  return { ...member, kind: kindOf(member) };
}

function shownMessage(message: Message, visible: readonly Message[]): JsonObject {
  return {
    ...wireMessage(message, visible),
    channel: message.channel,
    is_ephemeral: message.ephemeralFor !== undefined,
  };
}

function shownView(deps: ControlDeps, view: View | undefined): JsonObject {
  return { ok: true, view: view ? wireView(view, deps.acts.workspace.directory) : null };
}

/** A file's bytes, never to be run by a browser: whatever it is, it is only for saving or for an `img`. */
function sendFile(deps: ControlDeps, context: Context, id: string): Response {
  const file = deps.acts.workspace.files.find(id);
  if (file?.bytes === undefined || !file.completed) return context.json({ ok: false, error: 'file_not_found' }, 404);
  return new Response(new Uint8Array(file.bytes), {
    headers: {
      'Content-Type': mimeTypeOf(file.name),
      'Content-Disposition': 'attachment',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'X-Content-Type-Options': 'nosniff',
    },
  });
}

/** One change per line of JSON, until the page goes away. The first line says that the stream is open. */
function streamChanges(deps: ControlDeps): Response {
  const encoder = new TextEncoder();
  let unsubscribe = (): void => {};
  const lines = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const send = (change: Change): void => controller.enqueue(encoder.encode(`${JSON.stringify(change)}\n`));
      unsubscribe = deps.changes.subscribe(send);
      send({ kind: 'workspace' });
    },
    cancel: () => unsubscribe(),
  });
  return new Response(lines, {
    headers: {
      'Content-Type': 'application/x-ndjson',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
  });
}
