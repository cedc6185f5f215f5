import { choiceView } from './choices.ts';
import { textView } from './dialogs.ts';
import { type Child, h } from './dom.ts';
import { type JsonObject, object, objects, text } from './json.ts';
import { literal } from './pieces-view.ts';
import { labelOf, type Placed, useElement } from './use-element.ts';

/** Any element that a person can use. */
export function elementView(placed: Placed): HTMLElement {
  switch (placed.element['type']) {
    case 'button':
      return buttonView(placed);
    case 'overflow':
      return overflowView(placed);
    case 'plain_text_input':
    case 'number_input':
    case 'datepicker':
      return inputView(placed);
    default:
      return choiceView(placed);
  }
}

function buttonView(placed: Placed): HTMLElement {
  const { element } = placed;
  const style = text(element['style']);
  const label = text(element['accessibility_label']);
  const button = h(
    'button',
    {
      type: 'button',
      class: `button ${style}`.trim(),
      'aria-label': label || undefined,
      'data-action-id': text(element['action_id']),
    },
    textView(element['text'], placed.surface.names),
  );
  button.addEventListener('click', () => {
    const url = text(element['url']);
    if (/^https?:/i.test(url)) window.open(url, '_blank', 'noopener,noreferrer');
    void useElement(placed, text(element['value']) || null, button);
  });
  return button;
}

function overflowView(placed: Placed): HTMLElement {
  const summary = h('summary', { class: 'button', 'aria-label': 'More actions' }, '⋯');
  const items = objects(placed.element['options']).map((option) => {
    const item = h('button', { type: 'button', role: 'menuitem' }, literal(text(object(option['text'])['text'])));
    item.addEventListener('click', () => {
      menu.open = false;
      void useElement(placed, text(option['value']), summary);
    });
    return item;
  });
  const menu = h('details', { class: 'overflow' }, summary, h('div', { class: 'menu', role: 'menu' }, ...items));
  menu.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node && menu.contains(event.relatedTarget))) menu.open = false;
  });
  return menu;
}

function inputView(placed: Placed): HTMLElement {
  const { element, block, surface } = placed;
  const [blockId, actionId] = [text(block['block_id']), text(element['action_id'])];
  const control = bareInput(element);
  const kept = surface.entryOf(blockId, actionId);
  control.value = typeof kept === 'string' ? kept : text(element['initial_value']) || text(element['initial_date']);
  control.setAttribute('aria-label', labelOf(block));
  control.setAttribute('data-action-id', actionId);
  surface.inputs.add(blockId, actionId, () => control.value);
  if (placed.tells) listenTo(placed, control);
  return control;
}

function listenTo(placed: Placed, control: HTMLInputElement | HTMLTextAreaElement): void {
  const wants = object(placed.element['dispatch_action_config'])['trigger_actions_on'];
  const whileTyping = Array.isArray(wants) && wants.includes('on_character_entered');
  control.addEventListener(whileTyping ? 'input' : 'change', () => void useElement(placed, control.value, control));
}

function bareInput(element: JsonObject): HTMLInputElement | HTMLTextAreaElement {
  const placeholder = text(object(element['placeholder'])['text']);
  if (element['multiline'] === true) return h('textarea', { rows: 4, placeholder });
  if (element['type'] === 'datepicker') return h('input', { type: 'date' });
  if (element['type'] === 'number_input') {
    const step = element['is_decimal_allowed'] === true ? 'any' : '1';
    return h('input', { type: 'text', inputmode: step === '1' ? 'numeric' : 'decimal', placeholder });
  }
  return h('input', { type: 'text', placeholder, autocomplete: 'off' });
}

/** A label with its optional mark. */
export function labelView(block: JsonObject): Child {
  return h(
    'span',
    { class: 'label' },
    literal(text(object(block['label'])['text'])),
    block['optional'] === true && h('span', { class: 'optional' }, ' (optional)'),
  );
}
