import {
  boolean,
  byType,
  type Check,
  list,
  number,
  oneOf,
  optional,
  problem,
  required,
  shape,
  string,
} from './check.ts';
import { isObject } from '../json.ts';
import { confirmation, identifier, plainText, selectOption, tickOption } from './text.ts';

/* Limits: docs.slack.dev/reference/block-kit/block-elements. */

const action = { action_id: optional(identifier) };
const confirm = { confirm: optional(confirmation) };
const focus = { focus_on_load: optional(boolean) };
const placeholder = { placeholder: optional(plainText(150)) };
const date: Check = (value, pointer) =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? [] : problem('must be a date: YYYY-MM-DD', pointer);

const button = shape({
  ...action,
  ...confirm,
  text: required(plainText(75)),
  value: optional(string(2000)),
  url: optional(string(3000)),
  style: optional(oneOf('primary', 'danger')),
  accessibility_label: optional(string(75)),
});

const optionGroup = shape({
  label: required(plainText(75)),
  options: required(list(selectOption, { max: 100 })),
});

const choices = {
  options: optional(list(selectOption, { max: 100 })),
  option_groups: optional(list(optionGroup, { max: 100 })),
};

const staticSelect = shape({
  ...action,
  ...confirm,
  ...focus,
  ...placeholder,
  ...choices,
  initial_option: optional(selectOption),
});

const multiStaticSelect = shape({
  ...action,
  ...confirm,
  ...focus,
  ...placeholder,
  ...choices,
  initial_options: optional(list(selectOption, { max: 100 })),
  max_selected_items: optional(number),
});

function withChoices(check: Check): Check {
  return (value, pointer) => {
    const problems = check(value, pointer);
    const chooses = isObject(value) && (value['options'] !== undefined || value['option_groups'] !== undefined);
    return chooses ? problems : [...problems, ...problem('missing required field: options', pointer)];
  };
}

const textInput = shape({
  ...action,
  ...focus,
  ...placeholder,
  initial_value: optional(string(3000, 0)),
  multiline: optional(boolean),
  min_length: optional(number),
  max_length: optional(number),
  dispatch_action_config: optional(
    shape({ trigger_actions_on: required(list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 })) }),
  ),
});

const numberInput = shape({
  ...action,
  ...focus,
  ...placeholder,
  is_decimal_allowed: required(boolean),
  initial_value: optional(string(100)),
  min_value: optional(string(100)),
  max_value: optional(string(100)),
});

const datepicker = shape({ ...action, ...confirm, ...focus, ...placeholder, initial_date: optional(date) });

const radioButtons = shape({
  ...action,
  ...confirm,
  ...focus,
  options: required(list(tickOption, { max: 10 })),
  initial_option: optional(tickOption),
});

const checkboxes = shape({
  ...action,
  ...confirm,
  ...focus,
  options: required(list(tickOption, { max: 10 })),
  initial_options: optional(list(tickOption, { max: 10 })),
});

const overflow = shape({
  ...action,
  ...confirm,
  options: required(list(shapeWithUrl(), { max: 5 })),
});

function shapeWithUrl(): Check {
  return shape({
    text: required(plainText(75)),
    value: required(string(150)),
    description: optional(plainText(75)),
    url: optional(string(3000)),
  });
}

/** An image inside another block. */
export const imageElement: Check = shape({
  image_url: optional(string(3000)),
  slack_file: optional(shape({ id: optional(string(255)), url: optional(string(3000)) })),
  alt_text: required(string(2000)),
});

const pickers = {
  static_select: withChoices(staticSelect),
  multi_static_select: withChoices(multiStaticSelect),
  datepicker,
  radio_buttons: radioButtons,
  checkboxes,
};

/** What an `actions` block may hold. */
export const actionElement: Check = byType({ button, overflow, ...pickers });

/** What a section may have beside it. */
export const accessory: Check = byType({ button, overflow, image: imageElement, ...pickers });

/** What an `input` block may hold. */
export const inputElement: Check = byType({ plain_text_input: textInput, number_input: numberInput, ...pickers });
