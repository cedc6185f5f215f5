import type { Ids } from '../../base/ids.ts';
import type { JsonObject } from '../json.ts';
import { wireMessage } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, type Methods, SlackError } from './call.ts';
import { conversationOf, messageOf, parseSaid, saysNothing, threadOf } from './messages.ts';

interface Deps {
  readonly workspace: Workspace;
  readonly ids: Ids;
  readonly origin: () => string;
}

/** The `chat.*` family. */
export function chatMethods(deps: Deps): Methods {
  return {
    'chat.postMessage': { tier: 'posting', token: 'bot', run: (args) => postMessage(deps, args) },
    'chat.postEphemeral': { tier: 'tier4', token: 'bot', run: (args) => postEphemeral(deps, args) },
    'chat.update': { tier: 'tier3', token: 'bot', run: (args) => update(deps, args) },
    'chat.delete': { tier: 'tier3', token: 'bot', run: (args) => remove(deps, args) },
    'chat.getPermalink': { tier: 'tier4', token: 'bot', run: (args) => permalink(deps, args) },
  };
}

function postMessage({ workspace, ids }: Deps, args: Args): JsonObject {
  const channel = conversationOf(args, workspace);
  const said = parseSaid(args, ids);
  if (saysNothing(said)) throw new SlackError('no_text');
  const threadTs = threadOf(args, channel, workspace);
  const message = workspace.messages.post({
    channel: channel.id,
    user: workspace.directory.bot.id,
    botId: workspace.directory.botId,
    ...said,
    text: said.text ?? '',
    ...(threadTs && { threadTs }),
  });
  return { channel: channel.id, ts: message.ts, message: wireMessage(message) };
}

function postEphemeral({ workspace, ids }: Deps, args: Args): JsonObject {
  const channel = conversationOf(args, workspace);
  const user = args.required('user');
  if (workspace.directory.member(user) === undefined) throw new SlackError('user_not_found');
  const said = parseSaid(args, ids);
  if (saysNothing(said)) throw new SlackError('no_text');
  const threadTs = threadOf(args, channel, workspace);
  const message = workspace.messages.post({
    channel: channel.id,
    user: workspace.directory.bot.id,
    botId: workspace.directory.botId,
    ephemeralFor: user,
    ...said,
    text: said.text ?? '',
    ...(threadTs && { threadTs }),
  });
  return { message_ts: message.ts };
}

/** Without `blocks` the old blocks stay, as in Slack; an empty list takes them away. */
function update({ workspace, ids }: Deps, args: Args): JsonObject {
  const message = messageOf(args, workspace, 'ts');
  if (message.user !== workspace.directory.bot.id) throw new SlackError('cant_update_message');
  const said = parseSaid(args, ids);
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
  return {
    channel: message.channel,
    permalink: `${origin()}/archives/${message.channel}/p${message.ts.replace('.', '')}`,
  };
}
