import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/types';

/**
 * What Slack accepts in one message (docs.slack.dev/reference/block-kit; the total is not documented, about 13,200
 * characters were refused as msg_blocks_too_long, so this stays well below).
 */
export const LIMITS = {
  blocks: 50,
  totalCharacters: 10_000,
  /** Of one block, so that a long one leaves room for others. */
  blockCharacters: 4000,
  blockElements: 500,
  sectionText: 3000,
  headerText: 150,
  contextElements: 10,
  contextText: 2000,
  actions: 25,
  buttonText: 75,
  buttonValue: 2000,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  topLevelText: 3000,
  modalTitle: 24,
  /** Of one modal or App Home. */
  viewBlocks: 100,
  /** Of a select, and of one group of it. */
  options: 100,
  optionText: 75,
  optionValue: 75,
  inputLabel: 2000,
  inputHint: 2000,
  inputValue: 3000,
  placeholder: 150,
  privateMetadata: 3000,
} as const;

/** A message as the views make it. `text` says it all for notifications and screen readers. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** A message, and whether all of what was to be said is in it. */
export interface BoundedMessage extends Message {
  readonly complete: boolean;
}

/**
 * The message cut down to what Slack accepts: long blocks keep their head, blocks are left out from the end of `blocks`,
 * never the ones in `keep`; then `rest`, one line of mrkdwn, says where everything is. `text` is escaped already.
 */
export function withinLimits(message: {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
  readonly keep?: readonly KnownBlock[];
  readonly rest: string;
}): BoundedMessage {
  const { text, blocks, keep = [], rest } = message;
  const note: KnownBlock = { type: 'context', elements: [{ type: 'mrkdwn', text: rest, verbatim: true }] };
  const room = LIMITS.blocks - keep.length - 1;
  let budget = LIMITS.totalCharacters - charactersOf([...keep, note]);
  let complete = blocks.length <= room;
  const kept = blocks.slice(0, room).flatMap((block): KnownBlock[] => {
    const fitting = budget > 0 ? headOf(block, Math.min(LIMITS.blockCharacters, budget)) : undefined;
    complete &&= fitting === block;
    budget = fitting === undefined ? 0 : budget - charactersOf(fitting);
    return fitting === undefined ? [] : [fitting];
  });
  return { text, blocks: [...kept, ...(complete ? [] : [note]), ...keep], complete };
}

/** The block itself when it fits, the head of a long rich text, or nothing of another block. */
function headOf(block: KnownBlock, max: number): KnownBlock | undefined {
  if (charactersOf(block) <= max && elementsOf(block) <= LIMITS.blockElements) return block;
  if (block.type !== 'rich_text') return undefined;
  let left = max;
  let elements: number = LIMITS.blockElements;
  const head = <T extends RichTextElement>(texts: readonly T[]): T[] =>
    texts.flatMap((element) => {
      if (left <= 0 || elements <= 0) return [];
      elements -= 1;
      const short =
        'text' in element && element.text !== undefined ? { ...element, text: cutTo(element.text, left) } : element;
      left -= charactersOf(short);
      return [short];
    });
  const parts = block.elements.map((part): RichTextBlock['elements'][number] =>
    part.type === 'rich_text_preformatted'
      ? { ...part, elements: head(part.elements) }
      : part.type === 'rich_text_section'
        ? { ...part, elements: head(part.elements) }
        : part,
  );
  return { ...block, elements: parts.filter((part) => part.elements.length > 0) };
}

function elementsOf(block: KnownBlock): number {
  if (block.type !== 'rich_text') return 0;
  return block.elements.reduce((sum, part) => sum + part.elements.length, 0);
}

/** The head of a text, at most `max` UTF-16 units with the mark of the cut; no character is halved. */
export function cutTo(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = text.charCodeAt(max - 2) >= 0xd800 && text.charCodeAt(max - 2) < 0xdc00 ? max - 2 : max - 1;
  return `${text.slice(0, Math.max(0, end))}…`;
}

/** The characters of all texts in blocks. */
function charactersOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + charactersOf(item), 0);
  if (value === null || typeof value !== 'object') return 0;
  return Object.entries(value).reduce(
    (sum, [key, member]) => sum + (key === 'text' && typeof member === 'string' ? member.length : charactersOf(member)),
    0,
  );
}
