import { createArgs, SlackError } from '../web-api/call.ts';
import { parseSaid, type SayingDeps, saysNothing } from '../web-api/messages.ts';
import { isObject, type JsonObject } from '../json.ts';
import { eventPayload } from './payloads.ts';
import { type ActDeps, type ActResult, personOf, placeOf, resultOf } from './act.ts';
import { encodeCommandText, encodeTyped } from './typed-text.ts';
import { commandPayload } from './payloads.ts';
import { scopeFor } from '../web-api/scopes.ts';
import { type Conversation, isDirect, SLACKBOT } from '../workspace/directory.ts';
import type { Message } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** A slash command in a channel. What it has to say about a failure, it says to the person as Slackbot. */
export async function sendCommand(
  deps: ActDeps,
  input: {
    user: string;
    channel: string;
    text: string;
    registered: { readonly name: string; readonly shouldEscape?: boolean };
  },
): Promise<ActResult> {
  const { workspace } = deps;
  const user = personOf(workspace, input.user);
  const channel = placeOf(workspace, input.channel, user);
  const typed = input.text.trim();
  const [command = ''] = typed.split(/\s/, 1);
  const complain = (text: string): void => slackbotSays(workspace, { channel: channel.id, user: user.id, text });
  if (command !== input.registered.name) {
    complain(`\`${command.replaceAll('`', "'")}\` is not a valid command.`);
    return { ok: false, error: 'unknown_command' };
  }
  const words = typed.slice(command.length).trim();
  const delivery = await deps.courier.deliver({
    type: 'slash_commands',
    payload: commandPayload({
      directory: workspace.directory,
      user,
      channel,
      command,
      text: input.registered.shouldEscape === true ? encodeCommandText(words, workspace.directory) : words,
      responseUrl: deps.origin() + workspace.responseUrls.issue({ channel: channel.id, user: user.id }),
      triggerId: workspace.triggers.issue(user.id, channel.id),
    }),
  });
  if (delivery.outcome !== 'acked') complain(`${command} failed with the error “${delivery.outcome}”`);
  else answerCommand(deps, delivery.payload, { channel: channel.id, user: user.id });
  return resultOf(delivery);
}

/** The payload of a command's ack is its first answer. */
function answerCommand(deps: ActDeps, payload: JsonObject, to: { channel: string; user: string }): void {
  const { workspace } = deps;
  const said = parseOrComplain(payload, { ids: deps.ids, files: workspace.files });
  if (typeof said === 'string') {
    slackbotSays(workspace, { ...to, text: `The answer was refused: ${said}` });
    return;
  }
  if (saysNothing(said)) return;
  workspace.messages.post({
    channel: to.channel,
    user: workspace.directory.bot.id,
    botId: workspace.directory.botId,
    ...said,
    text: said.text ?? '',
    ...(payload['response_type'] !== 'in_channel' && { ephemeralFor: to.user }),
  });
}

function parseOrComplain(payload: JsonObject, deps: SayingDeps): ReturnType<typeof parseSaid> | string {
  try {
    return parseSaid(createArgs(payload), deps);
  } catch (thrown) {
    if (thrown instanceof SlackError) return thrown.error;
    throw thrown;
  }
}

function slackbotSays(workspace: Workspace, to: { channel: string; user: string; text: string }): void {
  workspace.messages.post({ channel: to.channel, user: SLACKBOT.id, text: to.text, ephemeralFor: to.user });
}

/** A message that a person writes. The bot hears of it as `message`, and as `app_mention` when it is named. */
export async function sendMessage(
  deps: ActDeps,
  input: { user: string; channel: string; text: string; threadTs: string | undefined },
): Promise<ActResult & { ts: string }> {
  const { workspace } = deps;
  const user = personOf(workspace, input.user);
  const channel = placeOf(workspace, input.channel, user);
  const parent = input.threadTs === undefined ? undefined : workspace.messages.find(channel.id, input.threadTs);
  const threadTs = parent && (parent.threadTs ?? parent.ts);
  const text = encodeTyped(input.text, workspace.directory);
  const message = workspace.messages.post({ channel: channel.id, user: user.id, text, ...(threadTs && { threadTs }) });
  const heard = eventsOf(deps, message, channel);
  const deliveries = await Promise.all(
    heard.map((event) =>
      deps.courier.deliverEvent(
        eventPayload({
          directory: workspace.directory,
          event,
          eventId: deps.ids.nonce(),
          timeS: Math.floor(deps.clock.now() / 1000),
          isExtShared: channel.isExtShared ?? false,
        }),
      ),
    ),
  );
  const worst = deliveries.find(({ outcome }) => outcome !== 'acked') ?? deliveries[0];
  return { ...(worst ? resultOf(worst) : { ok: true }), ts: message.ts };
}

/** What the bot hears of a message: nothing where it is not, and only what it subscribed to and may hear. */
function eventsOf(
  { workspace, scopes, events }: ActDeps,
  message: Message,
  channel: Conversation,
): readonly JsonObject[] {
  const { directory } = workspace;
  if (!directory.isIn(directory.bot.id, channel)) return [];
  const event = messageEvent(message, channel);
  const mentioned = message.text.includes(`<@${directory.bot.id}>`);
  return [
    ...(events.includes('message') && scopes.includes(scopeFor(channel, 'history')) ? [event] : []),
    ...(mentioned && events.includes('app_mention') && scopes.includes('app_mentions:read')
      ? [{ ...event, type: 'app_mention' }]
      : []),
  ];
}

function messageEvent(message: Message, channel: Conversation): JsonObject {
  return {
    type: 'message',
    channel_type: isDirect(channel) ? 'im' : channel.isPrivate === true ? 'group' : 'channel',
    channel: message.channel,
    user: message.user,
    text: message.text,
    ts: message.ts,
    event_ts: message.ts,
    ...(message.threadTs && { thread_ts: message.threadTs }),
  };
}

/** A person opens the bot's App Home. */
export async function openHome(deps: ActDeps, input: { user: string }): Promise<ActResult> {
  const { workspace } = deps;
  const user = personOf(workspace, input.user);
  if (!deps.events.includes('app_home_opened')) return { ok: true };
  const view = workspace.views.home(user.id);
  const event = {
    type: 'app_home_opened',
    user: user.id,
    channel: workspace.directory.conversation(user.id)?.id ?? '',
    tab: 'home',
    event_ts: workspace.timestamps(),
    ...(isObject(view?.content) && { view: { id: view.id, type: 'home', hash: view.hash } }),
  };
  const payload = eventPayload({
    directory: workspace.directory,
    event,
    eventId: deps.ids.nonce(),
    timeS: Math.floor(deps.clock.now() / 1000),
    isExtShared: false,
  });
  return resultOf(await deps.courier.deliverEvent(payload));
}
