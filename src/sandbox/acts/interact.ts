import { findElement, type Located } from '../blocks/elements-of.ts';
import { optionsOf } from '../blocks/options-of.ts';
import { type Entries, type Entry, stateOf, stateValues } from '../blocks/state-values.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import type { Conversation, SandboxMember } from '../workspace/directory.ts';
import { type Message, wireMessage } from '../workspace/messages.ts';
import { type View, wireView } from '../workspace/views.ts';
import { type ActDeps, ActRefused, type ActResult, personOf, placeOf, resultOf } from './act.ts';
import { channelRef, interactiveBase } from './payloads.ts';

/** Which element a person used, where, and what they chose in it. */
export interface Interaction {
  readonly user: string;
  readonly actionId: string;
  readonly blockId: string | undefined;
  readonly entry: Entry;
  /** The other inputs beside it, as they stand. */
  readonly entries: Entries;
}

/** A person uses an element of a message. */
export async function interactWithMessage(
  deps: ActDeps,
  input: Interaction & { channel: string; messageTs: string },
): Promise<ActResult> {
  const { workspace } = deps;
  const user = personOf(workspace, input.user);
  const channel = placeOf(workspace, input.channel, user);
  const message = workspace.messages.find(channel.id, input.messageTs);
  if (message === undefined || (message.ephemeralFor ?? user.id) !== user.id) throw new ActRefused('unknown_message');
  const located = locate(message.blocks ?? [], input);
  const responseUrl = workspace.responseUrls.issue({
    channel: channel.id,
    user: user.id,
    message,
    ...(message.threadTs && { threadTs: message.threadTs }),
  });
  const payload = {
    type: 'block_actions',
    ...interactiveBase(workspace.directory, user),
    ...messageContext(deps, message, channel),
    state: { values: stateValues(message.blocks ?? [], input.entries) },
    trigger_id: workspace.triggers.issue(user.id, channel.id),
    response_url: deps.origin() + responseUrl,
    actions: [actionOf(deps, located, input.entry)],
  };
  return resultOf(await deps.courier.deliver({ type: 'interactive', payload }));
}

/** A person uses an element of the modal in front of them, or of the App Home. */
export async function interactWithView(
  deps: ActDeps,
  input: Interaction & { surface: 'modal' | 'home' },
): Promise<ActResult> {
  const { workspace } = deps;
  const user = personOf(workspace, input.user);
  const view = input.surface === 'modal' ? workspace.views.top(user.id) : workspace.views.home(user.id);
  if (view === undefined) throw new ActRefused('no_view');
  const located = locate(blocksOf(view), input);
  const values = stateValues(blocksOf(view), withEntry(input, located), view);
  const current = workspace.views.replace(view, { values });
  const payload = {
    type: 'block_actions',
    ...interactiveBase(workspace.directory, user),
    container: { type: 'view', view_id: view.id },
    view: wireView(current, workspace.directory),
    trigger_id: workspace.triggers.issue(user.id, view.openedIn),
    actions: [actionOf(deps, located, input.entry)],
  };
  return resultOf(await deps.courier.deliver({ type: 'interactive', payload }));
}

/** A person uses a shortcut: of the app, or of a message. */
export async function useShortcut(
  deps: ActDeps,
  input: { user: string; callbackId: string; message?: { channel: string; ts: string } },
): Promise<ActResult> {
  const { workspace } = deps;
  const user = personOf(workspace, input.user);
  const base = { ...interactiveBase(workspace.directory, user), callback_id: input.callbackId };
  const triggerId = workspace.triggers.issue(user.id, input.message?.channel);
  if (input.message === undefined) {
    const payload = { ...base, type: 'shortcut', trigger_id: triggerId, action_ts: workspace.timestamps() };
    return resultOf(await deps.courier.deliver({ type: 'interactive', payload }));
  }
  const channel = placeOf(workspace, input.message.channel, user);
  const message = workspace.messages.find(channel.id, input.message.ts);
  if (message === undefined || message.ephemeralFor !== undefined) throw new ActRefused('unknown_message');
  const payload = {
    ...base,
    type: 'message_action',
    trigger_id: triggerId,
    action_ts: workspace.timestamps(),
    response_url: deps.origin() + workspace.responseUrls.issue({ channel: channel.id, user: user.id, message }),
    message_ts: message.ts,
    message: wireMessage(message, workspace.messages.visible(channel.id)),
    channel: channelRef(channel),
  };
  return resultOf(await deps.courier.deliver({ type: 'interactive', payload }));
}

/** The blocks of a view. */
export function blocksOf(view: View): readonly JsonObject[] {
  return objectsOf(view.content['blocks']);
}

function locate(blocks: readonly JsonObject[], input: Interaction): Located {
  const located = findElement(blocks, input);
  if (located === undefined) throw new ActRefused('unknown_action');
  const { block } = located;
  if (block['type'] === 'input' && block['dispatch_action'] !== true) throw new ActRefused('not_dispatched');
  return located;
}

function withEntry(input: Interaction, { block }: Located): Entries {
  const blockId = textOf(block['block_id']) ?? '';
  return { ...input.entries, [blockId]: { ...input.entries[blockId], [input.actionId]: input.entry } };
}

/** An ephemeral's content is not in the payload, as in Slack: the bot must know what it said. */
function messageContext(deps: ActDeps, message: Message, channel: Conversation): JsonObject {
  const ephemeral = message.ephemeralFor !== undefined;
  return {
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: ephemeral,
      ...(message.threadTs && { thread_ts: message.threadTs }),
    },
    channel: channelRef(channel),
    ...(!ephemeral && { message: wireMessage(message, deps.workspace.messages.visible(channel.id)) }),
  };
}

function actionOf(deps: ActDeps, { block, element }: Located, entry: Entry): JsonObject {
  const action = {
    type: element['type'],
    action_id: element['action_id'],
    block_id: block['block_id'],
    action_ts: deps.workspace.timestamps(),
  };
  if (element['type'] === 'button') {
    return { ...action, ...pick(element, ['text', 'value', 'url', 'style', 'confirm']) };
  }
  if (element['type'] === 'overflow') {
    return { ...action, selected_option: optionsOf(element).find((option) => option['value'] === entry) ?? null };
  }
  return { ...action, ...stateOf(element, entry) };
}

function pick(from: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
}

/** The member and the modal in front of them. Throws `ActRefused` with `no_view`. */
export function modalOf(deps: ActDeps, userId: string): { user: SandboxMember; view: View } {
  const user = personOf(deps.workspace, userId);
  const view = deps.workspace.views.top(user.id);
  if (view === undefined) throw new ActRefused('no_view');
  return { user, view };
}
