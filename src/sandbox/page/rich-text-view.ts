import { dateView } from './dates.ts';
import { type Child, fragment, h } from './dom.ts';
import { emojiText } from './emoji.ts';
import { type JsonObject, object, objects, text } from './json.ts';
import type { Names } from './names.ts';
import { linkView, literal, mentionView } from './pieces-view.ts';

/** A rich_text block: formatted, its text literal. */
export function richTextView(block: JsonObject, names: Names): HTMLElement {
  return h('div', { class: 'rich-text' }, ...objects(block['elements']).map((element) => elementView(element, names)));
}

function elementView(element: JsonObject, names: Names): Child {
  const inner = (): DocumentFragment => inlinesView(element, names);
  switch (element['type']) {
    case 'rich_text_preformatted':
      return h('pre', {}, inner());
    case 'rich_text_quote':
      return h('blockquote', {}, inner());
    case 'rich_text_list':
      return listView(element, names);
    default:
      return h('p', {}, inner());
  }
}

function listView(list: JsonObject, names: Names): HTMLElement {
  const items = objects(list['elements']).map((item) => h('li', {}, inlinesView(item, names)));
  const indent = `indent-${Math.min(Number(list['indent'] ?? 0), 4)}`;
  return list['style'] === 'ordered'
    ? h('ol', { class: indent, start: Number(list['offset'] ?? 0) + 1 }, ...items)
    : h('ul', { class: indent }, ...items);
}

function inlinesView(section: JsonObject, names: Names): DocumentFragment {
  return fragment(
    ...objects(section['elements']).map((inline) => styled(inlineView(inline, names), object(inline['style']))),
  );
}

function inlineView(inline: JsonObject, names: Names): Child {
  switch (inline['type']) {
    case 'link':
      return linkView(text(inline['url']), literal(text(inline['text']) || text(inline['url'])));
    case 'emoji':
      return emojiText(text(inline['name']));
    case 'user':
      return mentionView(`@${names.user(text(inline['user_id']))}`, inline['user_id'] === names.me);
    case 'channel':
      return mentionView(`#${names.channel(text(inline['channel_id']))}`);
    case 'usergroup':
      return mentionView(`@${names.group(text(inline['usergroup_id']))}`);
    case 'broadcast':
      return mentionView(`@${text(inline['range'])}`, true);
    case 'date':
      return dateView(Number(inline['timestamp']), text(inline['format']), text(inline['fallback']));
    case 'color':
      return text(inline['value']);
    default:
      return lineBreaks(text(inline['text']));
  }
}

function lineBreaks(source: string): Child {
  return h('span', { class: 'literal' }, literal(source));
}

function styled(child: Child, style: JsonObject): Child {
  let result = child;
  if (style['code']) result = h('code', {}, result);
  if (style['bold']) result = h('strong', {}, result);
  if (style['italic']) result = h('em', {}, result);
  if (style['strike']) result = h('s', {}, result);
  if (style['underline']) result = h('u', {}, result);
  return result;
}
