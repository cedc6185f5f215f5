import { byId, h } from './dom.ts';

const SHOWN_MS = 8000;

/** Tells the person something for a while, also through a screen reader. */
export function showToast(message: string): void {
  const toast = h('div', { class: 'toast', 'data-testid': 'toast' }, message);
  const dismiss = h('button', { class: 'toast-close', 'aria-label': 'Dismiss', onclick: () => toast.remove() }, '×');
  toast.append(dismiss);
  byId('toasts').append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
}
