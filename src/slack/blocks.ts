import type {
  ActionsBlock,
  Button,
  ContextBlock,
  KnownBlock,
  RichTextBlock,
  RichTextElement,
  RichTextSection,
} from '@slack/types';
import { plainText } from '../base/plain-text.ts';
import { cutTo, LIMITS } from './limits.ts';

/*
 * Anything that a host or a person wrote goes into rich text, where Slack takes it literally: it cannot ping, link, close
 * a fence or format. Only sentences of our own use mrkdwn, with escapeText() around what they embed.
 */

/**
 * Text for mrkdwn and for the top-level `text`: `& < >` escaped, so nothing in it is a mention or a link, and cut so that
 * it has at most `max` characters escaped.
 */
export function escapeText(text: string, max = 1000): string {
  let escaped = '';
  for (const character of plainText(text)) {
    const next = ENTITIES[character] ?? character;
    if (escaped.length + next.length >= max) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Literal text. */
export function plain(text: string): RichTextElement {
  return { type: 'text', text: nonEmpty(plainText(text)) };
}

/** Literal bold text. */
export function bold(text: string): RichTextElement {
  return { type: 'text', text: nonEmpty(plainText(text)), style: { bold: true } };
}

/** Literal slanted text. */
export function italic(text: string): RichTextElement {
  return { type: 'text', text: nonEmpty(plainText(text)), style: { italic: true } };
}

/** Literal text in a fixed-width face. */
export function code(text: string): RichTextElement {
  return { type: 'text', text: nonEmpty(plainText(text)), style: { code: true } };
}

/** One paragraph of rich text. */
export function paragraph(...elements: RichTextElement[]): RichTextSection {
  return { type: 'rich_text_section', elements };
}

/** A block of paragraphs and preformatted pieces. */
export function richText(...elements: RichTextBlock['elements']): RichTextBlock {
  return { type: 'rich_text', elements };
}

/** Literal text that keeps its lines. */
export function preformatted(text: string): RichTextBlock['elements'][number] {
  return {
    type: 'rich_text_preformatted',
    elements: [{ type: 'text', text: nonEmpty(plainText(text)) }],
  };
}

/** Small grey text: strings are mrkdwn of our own making, `literal` ones are what others wrote. */
export function context(...texts: (string | { readonly literal: string })[]): ContextBlock {
  const elements = texts.slice(0, LIMITS.contextElements).map((text) =>
    typeof text === 'string'
      ? { type: 'mrkdwn' as const, text, verbatim: true }
      : {
          type: 'plain_text' as const,
          text: cutTo(nonEmpty(plainText(text.literal)), LIMITS.contextText),
          emoji: false,
        },
  );
  return { type: 'context', elements };
}

/** A row of buttons. */
export function actions(blockId: string, buttons: readonly Button[]): ActionsBlock {
  return { type: 'actions', block_id: blockId, elements: [...buttons].slice(0, LIMITS.actions) };
}

/** A button, with a dialog that asks again where that is wanted. */
export function button(options: {
  readonly action: string;
  readonly label: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}): Button {
  const { action, label, value, style, confirm } = options;
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: cutTo(label, LIMITS.buttonText) },
    value: value.slice(0, LIMITS.buttonValue),
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: { type: 'plain_text', text: cutTo(confirm.title, LIMITS.confirmTitle) },
            text: { type: 'plain_text', text: cutTo(plainText(confirm.text), LIMITS.confirmText) },
            confirm: { type: 'plain_text', text: cutTo(confirm.yes, LIMITS.confirmButton) },
            deny: { type: 'plain_text', text: 'Back' },
          },
        }),
  };
}

/** An instant in the reader's zone, with UTC for clients that cannot. */
export function slackTime(
  epochMs: number,
  format: '{time}' | '{date_short_pretty} {time}' = '{date_short_pretty} {time}',
): string {
  return `<!date^${Math.floor(epochMs / 1000)}^${format}|${utc(epochMs)}>`;
}

/** An instant within rich text, the same way. */
export function when(epochMs: number): RichTextElement {
  return {
    type: 'date',
    timestamp: Math.floor(epochMs / 1000),
    format: '{date_short_pretty} {time}',
    fallback: utc(epochMs),
  };
}

/** An instant where Slack cannot tell the reader's zone, such as in notifications. */
export function utc(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Blocks without the holes that conditions left. */
export function present(...blocks: readonly (KnownBlock | undefined)[]): KnownBlock[] {
  return blocks.filter((block) => block !== undefined);
}

/** Slack refuses empty text. */
function nonEmpty(text: string): string {
  return text === '' ? ' ' : text;
}
