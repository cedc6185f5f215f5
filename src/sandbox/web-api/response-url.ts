import type { Ids } from '../../base/ids.ts';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { Traffic } from '../traffic.ts';
import type { ResponseTarget } from '../workspace/response-urls.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { createArgs, SlackError } from './call.ts';
import { parseSaid, saysNothing } from './messages.ts';
import type { SandboxHttp } from './routes.ts';

interface Deps {
  readonly workspace: Workspace;
  readonly ids: Ids;
  readonly traffic: Traffic;
}

/** `POST /response/:id`: what a bot says through a response_url. */
export function routeResponseUrls(http: SandboxHttp, deps: Deps): void {
  http.post('/response/:id', async (context) => {
    const body = parseJson(await context.req.text());
    const answer = respond(deps, context.req.param('id'), isObject(body) ? body : {});
    deps.traffic.record({ from: 'bot', what: 'response_url', body, status: answer.status, answer: answer.body });
    return context.json(answer.body, answer.status);
  });
}

/** Slack answers a bad response with HTTP 404 and the error's name; a good one with `ok: true`. */
function respond(deps: Deps, id: string, body: JsonObject): { status: 200 | 404; body: JsonObject } {
  const use = deps.workspace.responseUrls.use(id);
  if (!use.ok) return { status: 404, body: { ok: false, error: use.error } };
  try {
    say(deps, use.target, body);
    return { status: 200, body: { ok: true } };
  } catch (thrown) {
    if (thrown instanceof SlackError) return { status: 404, body: { ok: false, error: thrown.error, ...thrown.extra } };
    throw thrown;
  }
}

/**
 * Without `response_type` an answer is ephemeral. Slack's documents contradict each other on whether an answer to a
 * click replaces the message by default; here it does not, so a bot that relies on either is found out by being exact.
 */
function say({ workspace, ids }: Deps, target: ResponseTarget, body: JsonObject): void {
  const source = target.message && workspace.messages.find(target.channel, target.message.ts);
  if (body['delete_original'] === true) {
    if (source) workspace.messages.remove(source.channel, source.ts);
    return;
  }
  const said = parseSaid(createArgs(body), { ids, files: workspace.files });
  if (saysNothing(said)) throw new SlackError('no_text');
  if (body['replace_original'] === true && source) {
    workspace.messages.edit(source, { text: '', blocks: [], ...said }, source.ephemeralFor === undefined);
    return;
  }
  const threadTs = typeof body['thread_ts'] === 'string' ? body['thread_ts'] : target.threadTs;
  workspace.messages.post({
    channel: target.channel,
    user: workspace.directory.bot.id,
    botId: workspace.directory.botId,
    ...said,
    text: said.text ?? '',
    ...(body['response_type'] !== 'in_channel' && { ephemeralFor: target.user }),
    ...(threadTs && { threadTs }),
  });
}
