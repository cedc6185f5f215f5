import { boolean, byType, type Check, list, number, oneOf, optional, required, shape, string } from './check.ts';

/* docs.slack.dev/reference/block-kit/blocks/rich-text-block */

const style = optional(
  shape({
    bold: optional(boolean),
    italic: optional(boolean),
    strike: optional(boolean),
    code: optional(boolean),
    underline: optional(boolean),
  }),
);

const text = shape({ text: required(string(40_000)), style });
const link = shape({ url: required(string(3000)), text: optional(string(3000)), unsafe: optional(boolean), style });

const inline: Check = byType({
  text,
  link,
  emoji: shape({ name: required(string(255)), unicode: optional(string(100)), style }),
  user: shape({ user_id: required(string(255)), style }),
  channel: shape({ channel_id: required(string(255)), style }),
  usergroup: shape({ usergroup_id: required(string(255)), style }),
  broadcast: shape({ range: required(oneOf('here', 'channel', 'everyone')), style }),
  date: shape({
    timestamp: required(number),
    format: required(string(255)),
    url: optional(string(3000)),
    fallback: optional(string(255)),
    style,
  }),
  color: shape({ value: required(string(32)), style }),
});

const inlines = required(list(inline, { min: 0, max: 1000 }));
const section = shape({ elements: inlines });
const border = { border: optional(oneOfNumbers) };

function oneOfNumbers(value: unknown, pointer: string): ReturnType<Check> {
  return value === 0 || value === 1 ? [] : [{ message: 'must be 0 or 1', pointer }];
}

/** A block of formatted text whose text is literal: nothing in it is markup. */
export const richText: Check = shape({
  block_id: optional(string(255)),
  elements: required(
    list(
      byType({
        rich_text_section: section,
        rich_text_quote: shape({ elements: inlines, ...border }),
        rich_text_preformatted: shape({
          elements: required(list(byType({ text, link }), { min: 0, max: 1000 })),
          language: optional(string(100)),
          ...border,
        }),
        rich_text_list: shape({
          style: required(oneOf('bullet', 'ordered')),
          elements: required(list(byType({ rich_text_section: section }), { max: 1000 })),
          indent: optional(number),
          offset: optional(number),
          ...border,
        }),
      }),
      { max: 1000 },
    ),
  ),
});
