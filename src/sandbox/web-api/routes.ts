import type { Hono } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { Traffic } from '../traffic.ts';
import type { Files } from '../workspace/files.ts';
import type { WebApi } from './dispatch.ts';

/** The sandbox's HTTP application, with access to Node's own request and answer. */
export type SandboxHttp = Hono<{ Bindings: HttpBindings }>;

interface Deps {
  readonly api: WebApi;
  readonly files: Files;
  readonly traffic: Traffic;
}

/** `POST /api/:method` and the upload URLs. */
export function routeWebApi(http: SandboxHttp, deps: Deps): void {
  http.post('/api/:method', async (context) => {
    const type = context.req.header('content-type') ?? '';
    const body = type.includes('json')
      ? objectFrom(await context.req.text())
      : ((await context.req.parseBody()) satisfies JsonObject);
    const bearer = context.req.header('authorization')?.replace(/^Bearer\s*/i, '');
    const sent = typeof body['token'] === 'string' ? body['token'] : undefined;
    const answer = deps.api.call(context.req.param('method'), bearer ?? sent, body);
    if (answer.unanswered === true) context.env.incoming.socket.destroy();
    for (const [header, value] of Object.entries(answer.headers)) context.header(header, value);
    return context.json(answer.body, answer.status);
  });

  http.post('/upload/:ticket', async (context) => {
    const bytes = await uploadedBytes(context.req.header('content-type') ?? '', context.req);
    const file = deps.files.upload(context.req.param('ticket'), bytes);
    deps.traffic.record({ from: 'bot', what: 'upload', body: { bytes: bytes.length }, status: file ? 200 : 404 });
    return file ? context.text(`OK - ${bytes.length}`) : context.text('unknown upload', 404);
  });
}

function objectFrom(text: string): JsonObject {
  const body = parseJson(text);
  return isObject(body) ? body : {};
}

interface Upload {
  parseBody(): Promise<Record<string, unknown>>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Clients send the bytes alone or as the only file of a form, under any name. */
async function uploadedBytes(contentType: string, request: Upload): Promise<Uint8Array> {
  if (!contentType.startsWith('multipart/form-data')) return new Uint8Array(await request.arrayBuffer());
  const file = Object.values(await request.parseBody()).find((value) => value instanceof File);
  return file instanceof File ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
}
