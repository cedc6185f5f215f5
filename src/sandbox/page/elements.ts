import { choiceView } from './choices.ts';
import { textView } from './dialogs.ts';
import { type Child, h } from './dom.ts';
import { type JsonObject, object, objects, text } from './json.ts';
import { menuView } from './menu.ts';
import { linkView, literal } from './pieces-view.ts';
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
    case 'email_text_input':
    case 'url_text_input':
    case 'datepicker':
    case 'timepicker':
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
    openLink(element['url']);
    void useElement(placed, text(element['value']) || null, button);
  });
  return button;
}

/** Goes where a link button leads, as a link would. */
function openLink(url: unknown): void {
  if (!/^https?:/i.test(text(url))) return;
  const link = linkView(text(url), '');
  document.body.append(link);
  link.click();
  link.remove();
}

function overflowView(placed: Placed): HTMLElement {
  const items = objects(placed.element['options']).map((option) => ({
    label: literal(text(object(option['text'])['text'])),
    use: () => {
      openLink(option['url']);
      void useElement(placed, text(option['value']), menu);
    },
  }));
  const menu = menuView({ label: 'More actions', look: 'button more', items });
  return menu;
}

function inputView(placed: Placed): HTMLElement {
  const { element, block, surface } = placed;
  const [blockId, actionId] = [text(block['block_id']), text(element['action_id'])];
  const control = bareInput(element);
  const kept = surface.entryOf(blockId, actionId);
  control.value = typeof kept === 'string' ? kept : text(INITIAL.map((name) => element[name]).find(Boolean));
  control.setAttribute('aria-label', labelOf(block));
  control.setAttribute('data-action-id', actionId);
  surface.inputs.add(blockId, actionId, () => control.value);
  if (placed.tells) listenTo(placed, control);
  return control;
}

const INITIAL = ['initial_value', 'initial_date', 'initial_time'] as const;

/** Text inputs tell the bot on Enter or with each character, as they ask; pickers when something was picked. */
function listenTo(placed: Placed, control: HTMLInputElement | HTMLTextAreaElement): void {
  const use = (): void => void useElement(placed, control.value, control);
  if (/picker$/.test(text(placed.element['type']))) {
    control.addEventListener('change', use);
    return;
  }
  const asked = object(placed.element['dispatch_action_config'])['trigger_actions_on'];
  const wants: readonly unknown[] = Array.isArray(asked) ? asked : ['on_enter_pressed'];
  if (wants.includes('on_character_entered')) control.addEventListener('input', use);
  if (!wants.includes('on_enter_pressed')) return;
  control.addEventListener('keydown', (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== 'Enter' || event.isComposing || event.shiftKey) return;
    event.preventDefault();
    use();
  });
}

function bareInput(element: JsonObject): HTMLInputElement | HTMLTextAreaElement {
  const placeholder = text(object(element['placeholder'])['text']);
  if (element['multiline'] === true) return h('textarea', { rows: 4, placeholder });
  if (element['type'] === 'datepicker') return h('input', { type: 'date' });
  if (element['type'] === 'timepicker') return h('input', { type: 'time' });
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
