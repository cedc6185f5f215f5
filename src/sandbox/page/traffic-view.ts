import { h } from './dom.ts';
import type { TrafficEntry } from './model.ts';
import type { Page } from './page.ts';
import { showToast } from './toasts.ts';

const KEPT_ENTRIES = 1000;
const SHOWN_ENTRIES = 200;

const KINDS: Readonly<Record<string, (entry: TrafficEntry) => boolean>> = {
  Everything: () => true,
  'From the bot': ({ from }) => from === 'bot',
  'To the bot': ({ from }) => from === 'sandbox',
  'What failed': failed,
};

/** The raw traffic, newest first. */
export interface TrafficView {
  readonly element: HTMLElement;
  /** Fetches what is new. */
  load(): Promise<void>;
}

/** An empty list with a filter above it. */
export function createTrafficView({ api }: Page): TrafficView {
  const words = h('input', { type: 'search', placeholder: 'Filter by any text', 'aria-label': 'Filter' });
  const kind = h(
    'select',
    { 'aria-label': 'Which entries' },
    ...Object.keys(KINDS).map((name) => h('option', {}, name)),
  );
  const list = h('ol', { class: 'traffic', 'aria-label': 'Raw traffic, newest first' });
  const none = h('p', { class: 'nothing' }, 'Nothing yet: type a command, and what goes over the wire appears here.');
  let kept: TrafficEntry[] = [];
  let loading = false;

  function fits(entry: TrafficEntry): boolean {
    const wanted = words.value.trim().toLowerCase();
    const isKind = KINDS[kind.value]?.(entry) ?? true;
    return isKind && (wanted === '' || JSON.stringify(entry).toLowerCase().includes(wanted));
  }
  function show(entries: readonly TrafficEntry[]): void {
    for (const entry of entries) if (fits(entry)) list.prepend(entryView(entry));
    while (list.children.length > SHOWN_ENTRIES) list.lastElementChild?.remove();
    none.hidden = list.children.length > 0;
    if (kept.length > 0) none.textContent = 'Nothing of what was recorded fits the filter.';
  }
  function redraw(): void {
    list.replaceChildren();
    show(kept);
  }
  words.addEventListener('input', redraw);
  kind.addEventListener('change', redraw);
  return {
    element: h('div', { class: 'traffic-pane' }, h('div', { class: 'traffic-filter' }, words, kind), none, list),
    load: async () => {
      if (loading) return;
      loading = true;
      const { entries } = await api.get<{ entries: TrafficEntry[] }>(`log?after=${kept.at(-1)?.n ?? 0}`).finally(() => {
        loading = false;
      });
      kept = [...kept, ...entries].slice(-KEPT_ENTRIES);
      show(entries);
    },
  };
}

function failed({ status, answer }: TrafficEntry): boolean {
  const refused = typeof answer === 'object' && JSON.stringify(answer).startsWith('{"ok":false');
  return refused || (status !== undefined && status >= 400);
}

function entryView(entry: TrafficEntry): HTMLElement {
  const arrow = entry.from === 'bot' ? 'bot →' : '→ bot';
  const time = new Date(entry.atMs).toISOString().slice(11, 23);
  const detail = h('pre', {});
  const row = h(
    'details',
    { class: failed(entry) ? 'entry failed' : 'entry' },
    h(
      'summary',
      {},
      h('span', { class: 'entry-time' }, time),
      ` ${arrow} `,
      h('strong', {}, entry.what),
      entry.status === undefined ? '' : ` ${entry.status}`,
      failed(entry) && h('span', { class: 'entry-error' }, ` ${errorOf(entry)}`),
    ),
  );
  row.addEventListener(
    'toggle',
    () => {
      const raw = JSON.stringify(
        entry.answer === undefined ? entry.body : { sent: entry.body, answered: entry.answer },
        null,
        2,
      );
      detail.textContent = raw;
      row.append(h('button', { type: 'button', class: 'button copy', onclick: () => void copy(raw) }, 'Copy'), detail);
    },
    { once: true },
  );
  return h('li', {}, row);
}

function errorOf({ answer }: TrafficEntry): string {
  return typeof answer === 'object' && answer !== null && 'error' in answer ? String(answer.error) : 'failed';
}

async function copy(raw: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(raw);
    showToast('Copied.');
  } catch {
    showToast('The browser does not let this page copy. Select the text instead.');
  }
}
