import { textView } from './dialogs.ts';
import { type Child, h } from './dom.ts';
import { elementView, labelView } from './elements.ts';
import { imageView } from './image-view.ts';
import { isObject, type JsonObject, object, objects, text } from './json.ts';
import { literal, markdownView } from './pieces-view.ts';
import { richTextView } from './rich-text-view.ts';
import type { Surface } from './surface.ts';
import { tableView } from './table-view.ts';

/** Blocks as a person sees them. */
export function blocksView(blocks: readonly JsonObject[], surface: Surface): HTMLElement {
  return h('div', { class: 'blocks' }, ...blocks.map((block) => blockView(block, surface)));
}

function blockView(block: JsonObject, surface: Surface): HTMLElement {
  const type = text(block['type']);
  return h(
    'div',
    { class: `block block-${type}`, 'data-block-id': text(block['block_id']) },
    contentView(block, surface),
  );
}

function contentView(block: JsonObject, surface: Surface): Child {
  switch (block['type']) {
    case 'header':
      return h('h3', {}, textView(block['text'], surface.names));
    case 'section':
      return sectionView(block, surface);
    case 'context':
      return contextView(block, surface);
    case 'actions':
      return actionsView(block, surface);
    case 'divider':
      return h('hr');
    case 'rich_text':
      return richTextView(block, surface.names);
    case 'markdown':
      return h('div', { class: 'markdown' }, markdownView(text(block['text']), surface.names));
    case 'table':
      return tableView(block, surface.names);
    case 'image':
      return figureView(block, surface);
    case 'input':
      return inputBlockView(block, surface);
    default:
      return h('span', { class: 'unsupported' }, `[${text(block['type'])}]`);
  }
}

function sectionView(block: JsonObject, surface: Surface): HTMLElement {
  const accessory = block['accessory'];
  const fields = objects(block['fields']).map((field) => h('div', { class: 'field' }, textView(field, surface.names)));
  return h(
    'div',
    { class: 'section' },
    h(
      'div',
      { class: 'section-text' },
      block['text'] !== undefined && h('div', {}, textView(block['text'], surface.names)),
      fields.length > 0 && h('div', { class: 'fields' }, ...fields),
    ),
    isObject(accessory) && h('div', { class: 'accessory' }, accessoryView(accessory, block, surface)),
  );
}

function accessoryView(element: JsonObject, block: JsonObject, surface: Surface): HTMLElement {
  return element['type'] === 'image'
    ? imageView(element, surface.api)
    : elementView({ element, block, surface, tells: true });
}

function contextView(block: JsonObject, surface: Surface): HTMLElement {
  const elements = objects(block['elements']).map((element) =>
    element['type'] === 'image' ? imageView(element, surface.api) : h('span', {}, textView(element, surface.names)),
  );
  return h('div', { class: 'context' }, ...elements);
}

function actionsView(block: JsonObject, surface: Surface): HTMLElement {
  const elements = objects(block['elements']).map((element) =>
    h('span', { class: 'action' }, elementView({ element, block, surface, tells: true })),
  );
  return h('div', { class: 'actions' }, ...elements);
}

function figureView(block: JsonObject, surface: Surface): HTMLElement {
  const title = object(block['title'])['text'];
  return h(
    'figure',
    {},
    title !== undefined && h('figcaption', {}, literal(text(title))),
    imageView(block, surface.api),
  );
}

function inputBlockView(block: JsonObject, surface: Surface): HTMLElement {
  const element = object(block['element']);
  const grouped = ['radio_buttons', 'checkboxes', 'multi_static_select'].includes(text(element['type']));
  return h(
    grouped ? 'div' : 'label',
    { class: 'input' },
    labelView(block),
    elementView({ element, block, surface, tells: block['dispatch_action'] === true }),
    isObject(block['hint']) && h('span', { class: 'hint' }, textView(block['hint'], surface.names)),
    h('span', { class: 'input-error', role: 'alert', id: `error-${text(block['block_id'])}` }),
  );
}
