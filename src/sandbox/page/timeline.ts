import { h } from './dom.ts';
import { channelRow } from './message-view.ts';
import type { Page } from './page.ts';
import { drawRows } from './rows.ts';
import { welcomeCard } from './welcome.ts';

/** Close enough to the end that new messages should be followed, in CSS pixels. */
const NEAR_END = 80;

/** Whether the person is at the end, so that new messages should come into view by themselves. */
export function isFollowing(root: HTMLElement): boolean {
  return root.scrollHeight - root.scrollTop - root.clientHeight < NEAR_END;
}

/** The messages of a channel, after a card for newcomers. */
export function drawTimeline(page: Page, root: HTMLElement, fill: (line: string) => void): void {
  const { state } = page;
  const messages = state.messages.filter(({ thread_ts, ts }) => thread_ts === undefined || thread_ts === ts);
  const key = `${state.place}/${state.me}`;
  if (root.dataset['key'] !== key) {
    root.dataset['key'] = key;
    root.replaceChildren(welcomeCard(page, fill), h('div', { class: 'rows' }));
  }
  const [card, list] = root.children;
  if (card instanceof HTMLElement) card.hidden = messages.length > 0;
  if (list instanceof HTMLElement) drawRows(page, list, messages, channelRow);
}
