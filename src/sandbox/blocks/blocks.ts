import { isObject } from '../json.ts';
import {
  anything,
  boolean,
  byType,
  type Check,
  list,
  oneOf,
  optional,
  problem,
  required,
  shape,
  string,
} from './check.ts';
import { accessory, actionElement, imageElement, inputElement } from './elements.ts';
import { richText } from './rich-text.ts';
import { anyText, identifier, plainText } from './text.ts';

/* Limits: docs.slack.dev/reference/block-kit/blocks. */

const id = { block_id: optional(identifier) };

const section = shape({
  ...id,
  text: optional(anyText(3000)),
  fields: optional(list(anyText(2000), { max: 10 })),
  accessory: optional(accessory),
  expand: optional(boolean),
});

const sectionWithText: Check = (value, pointer) => {
  const problems = section(value, pointer);
  const says = isObject(value) && (value['text'] !== undefined || value['fields'] !== undefined);
  return says ? problems : [...problems, ...problem('missing required field: text', pointer)];
};

const contextElement = byType({
  plain_text: anyText(3000),
  mrkdwn: anyText(3000),
  image: imageElement,
});

const image: Check = (value, pointer) => {
  const problems = shape({
    ...id,
    image_url: optional(string(3000)),
    slack_file: optional(shape({ id: optional(string(255)), url: optional(string(3000)) })),
    alt_text: required(string(2000)),
    title: optional(plainText(2000)),
  })(value, pointer);
  const shows = isObject(value) && (value['image_url'] !== undefined || value['slack_file'] !== undefined);
  return shows ? problems : [...problems, ...problem('missing required field: image_url', pointer)];
};

const tableCell = byType({
  raw_text: shape({ text: required(string(3000)) }),
  rich_text: richText,
});

const table = shape({
  ...id,
  rows: required(list(list(tableCell, { max: 20 }), { max: 100 })),
  column_settings: optional(
    list(
      (value, pointer) =>
        value === null
          ? []
          : shape({ align: optional(oneOf('left', 'center', 'right')), is_wrapped: optional(boolean) })(value, pointer),
      { max: 20 },
    ),
  ),
});

/** Blocks that messages, modals and App Homes share. */
const everywhere = {
  header: shape({ ...id, text: required(plainText(150)), level: optional(anything) }),
  section: sectionWithText,
  context: shape({ ...id, elements: required(list(contextElement, { max: 10 })) }),
  actions: shape({ ...id, elements: required(list(actionElement, { max: 25 })) }),
  divider: shape(id),
  rich_text: richText,
  image,
  input: shape({
    ...id,
    label: required(plainText(2000)),
    element: required(inputElement),
    hint: optional(plainText(2000)),
    optional: optional(boolean),
    dispatch_action: optional(boolean),
  }),
};

/** A block of a message. */
export const messageBlock: Check = byType({
  ...everywhere,
  markdown: shape({ ...id, text: required(string(12_000)) }),
  table,
  file: shape({ ...id, external_id: required(string(255)), source: required(oneOf('remote')) }),
});

/** A block of a modal or an App Home. */
export const viewBlock: Check = byType(everywhere);
