import { faultPanel } from './fault-panel.ts';
import { h } from './dom.ts';
import type { TrafficEntry } from './model.ts';
import type { Page } from './page.ts';

const SHOWN_ENTRIES = 200;

/** The drawer with the raw traffic and the faults. It fetches only while it is open. */
export interface Inspector {
  readonly element: HTMLElement;
  draw(): void;
}

/** A closed inspector. */
export function createInspector(page: Page): Inspector {
  const list = h('ol', { class: 'traffic', 'aria-label': 'Raw traffic, newest first' });
  const panel = faultPanel(page);
  const drawer = h(
    'details',
    { class: 'inspector', 'data-testid': 'inspector' },
    h('summary', {}, 'Inspector: raw traffic and faults'),
    h('div', { class: 'inspector-body' }, panel.element, list),
  );
  let seen = 0;
  let loading = false;

  async function load(): Promise<void> {
    if (loading || !drawer.open) return;
    loading = true;
    const { entries } = await page.api.get<{ entries: TrafficEntry[] }>(`log?after=${seen}`).finally(() => {
      loading = false;
    });
    for (const entry of entries) {
      seen = entry.n;
      list.prepend(entryView(entry));
    }
    while (list.children.length > SHOWN_ENTRIES) list.lastElementChild?.remove();
  }
  drawer.addEventListener('toggle', () => void load());
  return {
    element: drawer,
    draw: () => {
      panel.draw();
      void load();
    },
  };
}

function entryView(entry: TrafficEntry): HTMLElement {
  const arrow = entry.from === 'bot' ? 'bot →' : '→ bot';
  const time = new Date(entry.atMs).toISOString().slice(11, 23);
  const failed =
    entry.status === 429 ||
    (typeof entry.answer === 'object' && JSON.stringify(entry.answer).startsWith('{"ok":false'));
  const detail = h('pre', {});
  const row = h(
    'details',
    { class: failed ? 'entry failed' : 'entry' },
    h(
      'summary',
      {},
      h('span', { class: 'entry-time' }, time),
      ` ${arrow} `,
      h('strong', {}, entry.what),
      entry.status === undefined ? '' : ` ${entry.status}`,
    ),
    detail,
  );
  row.addEventListener('toggle', () => {
    const shown = entry.answer === undefined ? entry.body : { sent: entry.body, answered: entry.answer };
    detail.textContent = JSON.stringify(shown, null, 2);
  });
  return h('li', {}, row);
}
