import { createComposer } from './composer.ts';
import { h } from './dom.ts';
import { threadRow } from './message-view.ts';
import type { Page } from './page.ts';
import { drawRows } from './rows.ts';

/** The thread beside the channel, or nothing. */
export function drawThread(page: Page, root: HTMLElement): void {
  const { state } = page;
  const parentTs = state.thread;
  root.hidden = parentTs === undefined;
  if (parentTs === undefined) {
    root.replaceChildren();
    delete root.dataset['key'];
    return;
  }
  const key = `${state.place}/${parentTs}/${state.me}`;
  if (root.dataset['key'] !== key) {
    root.dataset['key'] = key;
    const leave = (): void => closeThread(page, parentTs);
    const close = h('button', { type: 'button', class: 'icon', 'aria-label': 'Close thread', onclick: leave }, '×');
    const composer = createComposer(page, { label: 'Reply in thread', threadTs: parentTs });
    root.replaceChildren(
      h('header', {}, h('h2', {}, 'Thread'), close),
      h('div', { class: 'rows', role: 'log', 'aria-label': 'Messages of the thread' }),
      composer.element,
    );
    root.onkeydown = ({ key, defaultPrevented }) => {
      if (key === 'Escape' && !defaultPrevented) leave();
    };
    composer.focus();
  }
  const messages = state.messages.filter(({ ts, thread_ts }) => ts === parentTs || thread_ts === parentTs);
  const list = root.children[1];
  if (list instanceof HTMLElement) drawRows(page, list, messages, threadRow);
}

/** The person is back where the thread was opened. */
function closeThread({ store }: Page, parentTs: string): void {
  store.openThread(undefined);
  document.querySelector<HTMLElement>(`.timeline [data-ts="${CSS.escape(parentTs)}"] .thread-link`)?.focus();
}
