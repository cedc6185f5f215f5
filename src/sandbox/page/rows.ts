import { dayOf } from './dates.ts';
import type { Message } from './model.ts';
import type { Page } from './page.ts';

/** Draws one message. */
export type RowView = (page: Page, message: Message) => HTMLElement;

/**
 * Makes a list show these messages: rows that did not change stay the same elements, so that an open menu, a selection
 * and the focus survive when another message is updated.
 */
export function drawRows(page: Page, list: HTMLElement, messages: readonly Message[], row: RowView): void {
  const present = new Map(
    [...list.querySelectorAll<HTMLElement>(':scope > [data-ts]')].map((old) => [old.dataset['ts'], old]),
  );
  const wanted = messages.map((message) => {
    const version = JSON.stringify(message);
    const old = present.get(message.ts);
    if (old !== undefined && page.rowVersions.get(old) === version) return old;
    const fresh = row(page, message);
    page.rowVersions.set(fresh, version);
    keepFocus(old, fresh);
    return fresh;
  });
  markDays(wanted, messages);
  for (const [index, element] of wanted.entries()) {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  }
  while (list.children.length > wanted.length) list.lastElementChild?.remove();
}

/** The first message of each day says which day that is. */
function markDays(rows: readonly HTMLElement[], messages: readonly Message[]): void {
  let last = '';
  for (const [index, row] of rows.entries()) {
    const day = dayOf(messages[index]?.ts ?? '0');
    if (day === last) delete row.dataset['day'];
    else row.dataset['day'] = day;
    last = day;
  }
}

/** Whoever was on a button of the old row is on the same button of the new one. */
function keepFocus(old: HTMLElement | undefined, fresh: HTMLElement): void {
  if (old === undefined || !old.contains(document.activeElement)) return;
  const actionId = document.activeElement?.getAttribute('data-action-id');
  if (!actionId) return;
  queueMicrotask(() => fresh.querySelector<HTMLElement>(`[data-action-id="${CSS.escape(actionId)}"]`)?.focus());
}
