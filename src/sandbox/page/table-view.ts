import { type Child, h } from './dom.ts';
import { isObject, type JsonObject, object, text } from './json.ts';
import type { Names } from './names.ts';
import { literal } from './pieces-view.ts';
import { richTextView } from './rich-text-view.ts';

/** A `table` block; its first row is the head. */
export function tableView(block: JsonObject, names: Names): HTMLElement {
  const rows = Array.isArray(block['rows']) ? block['rows'].filter(Array.isArray) : [];
  const settings = Array.isArray(block['column_settings']) ? block['column_settings'].map(object) : [];
  const [head = [], ...body] = rows;
  const row = (cells: readonly unknown[], tag: 'th' | 'td'): HTMLElement =>
    h('tr', {}, ...cells.map((cell, column) => h(tag, { class: alignOf(settings[column]) }, cellView(cell, names))));
  const table = h(
    'table',
    {},
    h('thead', {}, row(head, 'th')),
    h('tbody', {}, ...body.map((cells) => row(cells, 'td'))),
  );
  return h('div', { class: 'table', role: 'region', 'aria-label': 'Table', tabindex: 0 }, table);
}

function alignOf(setting: JsonObject | undefined): string {
  return `align-${text(setting?.['align']) || 'left'}`;
}

function cellView(cell: unknown, names: Names): Child {
  if (!isObject(cell)) return undefined;
  return cell['type'] === 'rich_text' ? richTextView(cell, names) : literal(text(cell['text']));
}
