import { h } from './dom.ts';
import type { Page } from './page.ts';
import { literal } from './pieces-view.ts';

/** What a newcomer reads at the top of an empty channel; lines that are commands fill the composer. */
export function welcomeCard({ state }: Page, fill: (line: string) => void): HTMLElement {
  const lines = state.world.welcome.map((line) => {
    if (!line.startsWith('/')) return h('p', {}, literal(line));
    return h('p', {}, h('button', { type: 'button', class: 'try', onclick: () => fill(line) }, line));
  });
  return h('section', { class: 'welcome', 'aria-label': 'Getting started' }, h('h2', {}, 'What to type'), ...lines);
}
