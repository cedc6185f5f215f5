import {
  boolean,
  byType,
  type Check,
  list,
  oneOf,
  optional,
  type Property,
  type Problem,
  problem,
  required,
  shape,
  string,
  within,
} from './check.ts';
import { isObject } from '../json.ts';
import { optionsOf } from './options-of.ts';
import { confirmation, identifier, plainText, selectOption, tickOption } from './text.ts';

/* Limits: docs.slack.dev/reference/block-kit/block-elements. */

const action = { action_id: optional(identifier) };
const confirm = { confirm: optional(confirmation) };
const focus = { focus_on_load: optional(boolean) };
const placeholder = { placeholder: optional(plainText(150)) };
const date: Check = (value, pointer) =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? [] : problem('must be a date: YYYY-MM-DD', pointer);
const time: Check = (value, pointer) =>
  typeof value === 'string' && /^\d{2}:\d{2}$/.test(value) ? [] : problem('must be a time: HH:mm', pointer);

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
  max_selected_items: optional(within(1, 100)),
});

function withChoices(check: Check): Check {
  return (value, pointer) => {
    const problems = [...check(value, pointer), ...strangeInitials(value, pointer)];
    const chooses = isObject(value) && (value['options'] !== undefined || value['option_groups'] !== undefined);
    return chooses ? problems : [...problems, ...problem('missing required field: options', pointer)];
  };
}

/** What a choice starts with has to be one of its options, value and text alike. */
function strangeInitials(value: unknown, pointer: string): readonly Problem[] {
  if (!isObject(value)) return [];
  const options = optionsOf(value).map(fingerprint);
  const known = (option: unknown): boolean => options.includes(fingerprint(option));
  const one = value['initial_option'];
  const several = Array.isArray(value['initial_options']) ? value['initial_options'] : [];
  return [
    ...(one === undefined || known(one) ? [] : problem(NOT_AN_OPTION, `${pointer}/initial_option`)),
    ...(several.every(known) ? [] : problem(NOT_AN_OPTION, `${pointer}/initial_options`)),
  ];
}

function fingerprint(option: unknown): string {
  if (!isObject(option)) return '';
  const { text, value } = option;
  return JSON.stringify([value, isObject(text) ? text['text'] : undefined]);
}

const NOT_AN_OPTION = 'must be one of the provided options';

const dispatch = {
  dispatch_action_config: optional(
    shape({ trigger_actions_on: required(list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 })) }),
  ),
};

const textInput = shape({
  ...action,
  ...focus,
  ...placeholder,
  ...dispatch,
  initial_value: optional(string(3000, 0)),
  multiline: optional(boolean),
  min_length: optional(within(0, 3000)),
  max_length: optional(within(1, 3000)),
});

const numberInput = shape({
  ...action,
  ...focus,
  ...placeholder,
  ...dispatch,
  is_decimal_allowed: required(boolean),
  initial_value: optional(string(100)),
  min_value: optional(string(100)),
  max_value: optional(string(100)),
});

const lineInput = shape({ ...action, ...focus, ...placeholder, ...dispatch, initial_value: optional(string(3000, 0)) });

/** Selects whose choices are what the workspace has, with one choice and with several. */
function fromWorkspace(what: 'user' | 'channel' | 'conversation', more: Readonly<Record<string, Property>> = {}) {
  const both = { ...action, ...confirm, ...focus, ...placeholder, ...more };
  const responds = what === 'user' ? {} : { response_url_enabled: optional(boolean) };
  return {
    one: shape({ ...both, ...responds, [`initial_${what}`]: optional(identifier) }),
    several: shape({
      ...both,
      [`initial_${what}s`]: optional(list(identifier, { max: 100 })),
      max_selected_items: optional(within(1, 1000)),
    }),
  };
}

const users = fromWorkspace('user');
const channels = fromWorkspace('channel');
const conversations = fromWorkspace('conversation', {
  default_to_current_conversation: optional(boolean),
  filter: optional(
    shape({
      include: optional(list(oneOf('im', 'mpim', 'private', 'public'), { max: 4 })),
      exclude_external_shared_channels: optional(boolean),
      exclude_bot_users: optional(boolean),
    }),
  ),
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

const timepicker = shape({
  ...action,
  ...confirm,
  ...focus,
  ...placeholder,
  initial_time: optional(time),
  timezone: optional(string(100)),
});

const pickers = {
  users_select: users.one,
  multi_users_select: users.several,
  channels_select: channels.one,
  multi_channels_select: channels.several,
  conversations_select: conversations.one,
  multi_conversations_select: conversations.several,
  timepicker,
  static_select: withChoices(staticSelect),
  multi_static_select: withChoices(multiStaticSelect),
  datepicker,
  radio_buttons: withChoices(radioButtons),
  checkboxes: withChoices(checkboxes),
};

/** What an `actions` block may hold. */
export const actionElement: Check = byType({ button, overflow, ...pickers });

/** What a section may have beside it. */
export const accessory: Check = byType({ button, overflow, image: imageElement, ...pickers });

/** What an `input` block may hold. */
export const inputElement: Check = byType({
  plain_text_input: textInput,
  number_input: numberInput,
  email_text_input: lineInput,
  url_text_input: lineInput,
  ...pickers,
});
