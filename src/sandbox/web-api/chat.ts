import type { Ids } from '../../base/ids.ts';
import type { JsonObject } from '../json.ts';
import type { Conversation } from '../workspace/directory.ts';
import { type Message, wireMessage } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, type Method, type Methods, SlackError } from './call.ts';
import { parseSaid, saysNothing } from './messages.ts';
import { messageOf, threadOf, writableOf } from './places.ts';

interface Deps {
  readonly workspace: Workspace;
  readonly ids: Ids;
  readonly origin: () => string;
}

/** The `chat.*` family. */
export function chatMethods(deps: Deps): Methods {
  const writes = { token: 'bot', scopes: ['chat:write'] } as const;
  return {
    'chat.postMessage': { ...writes, tier: 'posting', run: (args) => postMessage(deps, args) },
    'chat.postEphemeral': { ...writes, tier: 'tier4', run: (args) => postEphemeral(deps, args) },
    'chat.update': { ...writes, tier: 'tier3', run: (args) => update(deps, args) },
    'chat.delete': { ...writes, tier: 'tier3', run: (args) => remove(deps, args) },
    'chat.getPermalink': { tier: 'special', token: 'bot', scopes: [], run: (args) => permalink(deps, args) },
  } satisfies Record<string, Method>;
}

function postMessage(deps: Deps, args: Args): JsonObject {
  const channel = writableOf(args, deps.workspace);
  const message = post(deps, args, { channel: channel.id, ...threadIn(channel, deps, args) });
  return { channel: channel.id, ts: message.ts, message: wireMessage(message) };
}

function postEphemeral(deps: Deps, args: Args): JsonObject {
  const { directory } = deps.workspace;
  const channel = writableOf(args, deps.workspace);
  const user = args.required('user');
  if (directory.member(user) === undefined) throw new SlackError('user_not_found');
  if (!directory.isIn(user, channel)) throw new SlackError('user_not_in_channel');
  const place = { channel: channel.id, ephemeralFor: user, ...threadIn(channel, deps, args) };
  return { message_ts: post(deps, args, place).ts };
}

/** Says something as the bot. Throws `no_text` when there is nothing to say. */
function post(deps: Deps, args: Args, place: Pick<Message, 'channel' | 'ephemeralFor' | 'threadTs'>): Message {
  const { messages, directory, files } = deps.workspace;
  const said = parseSaid(args, { ids: deps.ids, files });
  if (saysNothing(said)) throw new SlackError('no_text');
  return messages.post({
    user: directory.bot.id,
    botId: directory.botId,
    ...place,
    ...said,
    text: said.text ?? '',
  });
}

function threadIn(channel: Conversation, { workspace }: Deps, args: Args): Pick<Message, 'threadTs'> {
  const threadTs = threadOf(args, channel, workspace);
  return threadTs === undefined ? {} : { threadTs };
}

/** The text of an update has at most this many characters (docs.slack.dev, chat.update); that of a new message may be longer. */
const MAX_UPDATE_TEXT = 4000;

/** Without `blocks` the old blocks stay, as in Slack; an empty list takes them away. */
function update({ workspace, ids }: Deps, args: Args): JsonObject {
  writableOf(args, workspace);
  const message = messageOf(args, workspace, 'ts');
  if (message.user !== workspace.directory.bot.id) throw new SlackError('cant_update_message');
  if ((args.text('text') ?? '').length > MAX_UPDATE_TEXT) throw new SlackError('msg_too_long');
  const said = parseSaid(args, { ids, files: workspace.files });
  if (said.text === undefined && said.blocks === undefined) throw new SlackError('no_text');
  const changed = workspace.messages.edit(message, said, true) ?? message;
  return { channel: message.channel, ts: message.ts, text: changed.text, message: wireMessage(changed) };
}

function remove({ workspace }: Deps, args: Args): JsonObject {
  const message = messageOf(args, workspace, 'ts');
  if (message.user !== workspace.directory.bot.id) throw new SlackError('cant_delete_message');
  workspace.messages.remove(message.channel, message.ts);
  return { channel: message.channel, ts: message.ts };
}

function permalink({ workspace, origin }: Deps, args: Args): JsonObject {
  const message = messageOf(args, workspace, 'message_ts');
  const { threadTs, channel } = message;
  const thread = threadTs === undefined ? '' : `?thread_ts=${threadTs}&cid=${channel}`;
  return {
    channel: message.channel,
    permalink: `${origin()}/archives/${message.channel}/p${message.ts.replace('.', '')}${thread}`,
  };
}
