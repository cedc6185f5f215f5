import { h } from './dom.ts';
import type { Page } from './page.ts';

interface Line {
  readonly kind: string;
  readonly name: string;
  readonly level: string;
  readonly note?: string;
}

const LEVELS: Readonly<Record<string, string>> = { supported: 'yes', partial: 'in part', absent: 'no' };

/** What this Slack can do and what it cannot, fetched once. */
export function coverageView({ api }: Page): HTMLElement {
  const body = h('tbody', {});
  const head = ['What', 'Name', 'Here', 'What is missing'].map((title) => h('th', { scope: 'col' }, title));
  api.get<{ lines: Line[] }>('coverage').then(
    ({ lines }) => body.append(...lines.map(lineView)),
    () => body.append(h('tr', {}, h('td', { colspan: 4 }, 'The sandbox does not answer.'))),
  );
  return h(
    'div',
    { class: 'coverage', tabindex: 0, role: 'region', 'aria-label': 'What this Slack can do' },
    h(
      'p',
      {},
      'A local stand-in is not Slack. This is what it follows, in part or not at all; a test calls every line.',
    ),
    h('table', {}, h('thead', {}, h('tr', {}, ...head)), body),
  );
}

function lineView({ kind, name, level, note }: Line): HTMLElement {
  return h(
    'tr',
    { class: `level-${level}` },
    h('td', {}, kind),
    h('td', {}, h('code', {}, name)),
    h('td', {}, LEVELS[level] ?? level),
    h('td', {}, note ?? ''),
  );
}
