import { textView } from './dialogs.ts';
import { type Child, h } from './dom.ts';
import { type JsonObject, object, objects, text } from './json.ts';
import type { Entry } from './model.ts';
import { labelOf, type Placed, useElement } from './use-element.ts';
import { withWorkspaceOptions } from './workspace-choices.ts';

/** An element with options: a select, radio buttons or checkboxes. */
export function choiceView(given: Placed): HTMLElement {
  const { surface } = given;
  const placed = { ...given, element: withWorkspaceOptions(given.element, surface.world, surface.names.me) };
  switch (placed.element['type']) {
    case 'static_select':
    case 'users_select':
    case 'channels_select':
    case 'conversations_select':
      return selectView(placed);
    case 'radio_buttons':
      return ticksView(placed, 'radio');
    case 'checkboxes':
    case 'multi_static_select':
    case 'multi_users_select':
    case 'multi_channels_select':
    case 'multi_conversations_select':
      return ticksView(placed, 'checkbox');
    default:
      return h('span', { class: 'unsupported' }, `[${text(placed.element['type'])}]`);
  }
}

function selectView(placed: Placed): HTMLElement {
  const { element, block, surface } = placed;
  const [blockId, actionId] = [text(block['block_id']), text(element['action_id'])];
  const placeholder = text(object(element['placeholder'])['text']) || 'Select an item';
  const groups = objects(element['option_groups']).map((group) =>
    h('optgroup', { label: text(object(group['label'])['text']) }, ...objects(group['options']).map(optionView)),
  );
  const select = h(
    'select',
    { 'aria-label': labelOf(block), 'data-action-id': actionId },
    h('option', { value: '' }, placeholder),
    ...objects(element['options']).map(optionView),
    ...groups,
  );
  select.value = chosenAtFirst(placed)[0] ?? '';
  surface.inputs.add(blockId, actionId, () => select.value || null);
  if (placed.tells) select.addEventListener('change', () => void useElement(placed, select.value || null, select));
  return select;
}

function optionView(option: JsonObject): HTMLElement {
  const description = text(object(option['description'])['text']);
  const label = text(object(option['text'])['text']);
  return h('option', { value: text(option['value']) }, description === '' ? label : `${label} — ${description}`);
}

function ticksView(placed: Placed, type: 'radio' | 'checkbox'): HTMLElement {
  const { element, block, surface } = placed;
  const [blockId, actionId] = [text(block['block_id']), text(element['action_id'])];
  const chosen = chosenAtFirst(placed);
  const name = `${blockId}/${actionId}`;
  const boxes: HTMLInputElement[] = [];
  const rows = optionsOf(element).map((option) => {
    const value = text(option['value']);
    const box = h('input', { type, name, value, checked: chosen.includes(value) });
    boxes.push(box);
    return h('label', { class: 'tick' }, box, h('span', {}, tickText(option, placed)));
  });
  const read = (): Entry => {
    const values = boxes.filter((box) => box.checked).map((box) => box.value);
    return type === 'radio' ? (values[0] ?? null) : values;
  };
  const group = h('fieldset', { class: 'ticks', 'data-action-id': actionId }, h('legend', {}, labelOf(block)), ...rows);
  surface.inputs.add(blockId, actionId, read);
  if (placed.tells) group.addEventListener('change', () => void useElement(placed, read(), group));
  return group;
}

function tickText(option: JsonObject, { surface }: Placed): Child {
  const description = option['description'];
  return h(
    'span',
    {},
    textView(option['text'], surface.names),
    description !== undefined && h('span', { class: 'tick-description' }, textView(description, surface.names)),
  );
}

function optionsOf(element: JsonObject): readonly JsonObject[] {
  return [
    ...objects(element['options']),
    ...objects(element['option_groups']).flatMap((group) => objects(group['options'])),
  ];
}

/** What is chosen when the element appears: what was chosen before, or what its block says. */
function chosenAtFirst({ element, block, surface }: Placed): readonly string[] {
  const kept = surface.entryOf(text(block['block_id']), text(element['action_id']));
  if (kept !== undefined) return typeof kept === 'string' ? [kept] : (kept ?? []);
  const initial = [...objects(element['initial_options']), object(element['initial_option'])];
  return initial.map((option) => text(option['value'])).filter((value) => value !== '');
}
