import { boolean, byType, type Check, NO_SCHEMA, oneOf, optional, problem, required, shape, string } from './check.ts';

/* Limits: docs.slack.dev/reference/block-kit/composition-objects. */

/** An identifier that comes back with an interaction. */
export const identifier: Check = string(255);

/** Text without markup. */
export function plainText(max: number): Check {
  return byType({
    plain_text: shape({ text: required(string(max)), emoji: optional(boolean) }),
  });
}

/** Text with Slack's markup, or without. */
export function anyText(max: number): Check {
  const either = byType({
    plain_text: shape({ text: required(string(max)), emoji: optional(boolean) }),
    mrkdwn: shape({ text: required(string(max)), verbatim: optional(boolean) }),
  });
  return (value, pointer) => {
    const problems = either(value, pointer);
    return problems.length === 0 ? problems : [...problem(NO_SCHEMA, pointer), ...problems];
  };
}

/** The question that a person answers before an action counts. */
export const confirmation: Check = shape({
  title: required(plainText(100)),
  text: required(anyText(300)),
  confirm: required(plainText(30)),
  deny: required(plainText(30)),
  style: optional(oneOf('primary', 'danger')),
});

/** A choice of a select menu. */
export const selectOption: Check = shape({
  text: required(plainText(75)),
  value: required(string(150)),
  description: optional(plainText(75)),
});

/** A choice of radio buttons or checkboxes, which may have markup. */
export const tickOption: Check = shape({
  text: required(anyText(75)),
  value: required(string(150)),
  description: optional(anyText(75)),
});
