import { coverageView } from './coverage-view.ts';
import { h } from './dom.ts';
import { faultPanel } from './fault-panel.ts';
import type { Page } from './page.ts';
import { createTrafficView } from './traffic-view.ts';

/** The drawer with the raw traffic, the faults, and what this Slack can do. It fetches only while it is open. */
export interface Inspector {
  readonly element: HTMLElement;
  draw(): void;
}

/** A closed inspector. */
export function createInspector(page: Page): Inspector {
  const traffic = createTrafficView(page);
  const panel = faultPanel(page);
  const drawer = h(
    'details',
    { class: 'inspector', 'data-testid': 'inspector' },
    h('summary', {}, 'Inspector: raw traffic and faults'),
    tabsView([
      { title: 'Raw traffic', content: () => traffic.element },
      { title: 'Make things go wrong', content: () => panel.element },
      { title: 'What this Slack can do', content: () => coverageView(page) },
    ]),
  );
  const load = (): void => {
    if (drawer.open) void traffic.load();
  };
  drawer.addEventListener('toggle', load);
  return {
    element: drawer,
    draw: () => {
      panel.draw();
      load();
    },
  };
}

interface Tab {
  readonly title: string;
  readonly content: () => HTMLElement;
}

/** Tabs of which one is shown; the arrow keys go from one to the next (w3.org/WAI/ARIA/apg/patterns/tabs). */
function tabsView(tabs: readonly Tab[]): HTMLElement {
  const pane = h('div', { class: 'inspector-pane', role: 'tabpanel', id: 'inspector-pane' });
  const buttons = tabs.map(({ title }) =>
    h('button', { type: 'button', role: 'tab', class: 'tab', 'aria-controls': 'inspector-pane' }, title),
  );
  const contents = new Map<number, HTMLElement>();
  function show(chosen: number): void {
    const content = contents.get(chosen) ?? tabs[chosen]?.content();
    if (content === undefined) return;
    contents.set(chosen, content);
    pane.replaceChildren(content);
    pane.setAttribute('aria-label', tabs[chosen]?.title ?? '');
    for (const [index, button] of buttons.entries()) {
      button.setAttribute('aria-selected', String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
    }
  }
  for (const [index, button] of buttons.entries()) {
    button.addEventListener('click', () => show(index));
    button.addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      if (step === 0) return;
      const next = (index + step + buttons.length) % buttons.length;
      show(next);
      buttons[next]?.focus();
    });
  }
  show(0);
  return h(
    'div',
    { class: 'inspector-body' },
    h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Inspector' }, ...buttons),
    pane,
  );
}
