import { blocksView } from './blocks-view.ts';
import { timeOf, timeView } from './dates.ts';
import { type Child, fragment, h } from './dom.ts';
import { fileView } from './image-view.ts';
import { menuView } from './menu.ts';
import type { Message } from './model.ts';
import { memberOf } from './names.ts';
import type { Page } from './page.ts';
import { mrkdwnView } from './pieces-view.ts';
import { avatar } from './sidebar.ts';
import { runShortcut } from './shortcuts.ts';
import { namesFor } from './state.ts';
import { createInputs, failureText, type Surface } from './surface.ts';

/** One message of a channel as a row. */
export function channelRow(page: Page, message: Message): HTMLElement {
  return messageRow(page, message, false);
}

/** One message of an open thread as a row, without links to the thread. */
export function threadRow(page: Page, message: Message): HTMLElement {
  return messageRow(page, message, true);
}

function messageRow(page: Page, message: Message, inThread: boolean): HTMLElement {
  const { world } = page.state;
  const name = memberOf(world, message.user)?.name ?? message.user;
  const head = h(
    'div',
    { class: 'message-head' },
    h('span', { class: 'author' }, name),
    message.bot_id !== undefined && h('span', { class: 'app-tag' }, 'APP'),
    h('span', { class: 'message-time' }, timeView(message.ts)),
    message.is_ephemeral && h('span', { class: 'only-you' }, 'Only visible to you'),
  );
  return h(
    'article',
    {
      class: message.is_ephemeral ? 'message ephemeral' : 'message',
      'data-ts': message.ts,
      'data-testid': 'message',
      'aria-label': `${name}, ${timeOf(message.ts)}`,
    },
    avatar(message.user, name),
    h('div', { class: 'message-main' }, head, bodyView(page, message), threadLink(page, message, inThread)),
    toolbar(page, message, inThread),
  );
}

function bodyView(page: Page, message: Message): HTMLElement {
  const surface = surfaceOf(page, message);
  const blocks = message.blocks ?? [];
  const files = (message.files ?? []).map((file) => fileView(file, page.api));
  const content: Child =
    blocks.length > 0
      ? blocksView(blocks, surface)
      : h('div', { class: 'message-text', dir: 'auto' }, mrkdwnView(message.text, surface.names));
  const edited = message.edited !== undefined && message.bot_id === undefined;
  return h('div', { class: 'message-body' }, content, edited && h('span', { class: 'edited' }, '(edited)'), ...files);
}

function surfaceOf({ api, state }: Page, message: Message): Surface {
  const inputs = createInputs();
  return {
    names: namesFor(state),
    world: state.world,
    api,
    inputs,
    entryOf: () => undefined,
    use: async ({ blockId, actionId, entry }) => {
      const result = await api.act('interact', {
        user: state.me,
        channel: message.channel,
        message_ts: message.ts,
        block_id: blockId,
        action_id: actionId,
        value: entry,
        state: inputs.entries(),
      });
      return result.ok ? undefined : failureText(result.error);
    },
  };
}

function threadLink(page: Page, message: Message, inThread: boolean): Child {
  const replies = message.reply_count ?? 0;
  if (inThread || replies === 0) return undefined;
  const open = (): void => page.store.openThread(message.ts);
  return h(
    'button',
    { type: 'button', class: 'thread-link', onclick: open },
    `${replies} ${replies === 1 ? 'reply' : 'replies'}`,
    message.latest_reply !== undefined && h('span', { class: 'latest' }, `Last reply ${timeOf(message.latest_reply)}`),
  );
}

function toolbar(page: Page, message: Message, inThread: boolean): Child {
  if (message.is_ephemeral) return undefined;
  const reply = h(
    'button',
    {
      type: 'button',
      class: 'tool reply',
      'aria-label': 'Reply in thread',
      title: 'Reply in thread',
      onclick: () => page.store.openThread(message.thread_ts ?? message.ts),
    },
    h('span', { class: 'tool-words' }, 'Reply in thread'),
  );
  const shortcuts = page.state.world.shortcuts
    .filter(({ type }) => type === 'message')
    .map((shortcut) => ({
      label: fragment(shortcut.name, h('span', { class: 'menu-app' }, page.state.world.bot.name)),
      use: () => void runShortcut(page, shortcut, { channel: message.channel, message_ts: message.ts }),
    }));
  if (inThread && shortcuts.length === 0) return undefined;
  const more = shortcuts.length > 0 && menuView({ label: 'More message actions', look: 'tool more', items: shortcuts });
  return h('div', { class: 'message-tools' }, !inThread && reply, more);
}
