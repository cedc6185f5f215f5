import type { KnownBlock } from '@slack/types';

/**
 * What Slack accepts in one message (docs.slack.dev/reference/block-kit; the total is not documented, about 13,200
 * characters were refused as msg_blocks_too_long, so this stays well below).
 */
export const LIMITS = {
  blocks: 50,
  totalCharacters: 10_000,
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
  preformatted: 3500,
  topLevelText: 3000,
} as const;

/** A message as the views make it. `text` says it all for notifications and screen readers. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/**
 * The message cut down to what Slack accepts: whole blocks are left out from the end of `blocks`, never the ones in
 * `keep`, and a note says so. Views bound each block by themselves; this bounds their sum.
 */
export function withinLimits(message: {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
  readonly keep?: readonly KnownBlock[];
}): Message {
  const { blocks, keep = [] } = message;
  const note: KnownBlock = {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: 'More than fits here: the rest is in the thread and in `/runbook status`.' }],
  };
  let budget = LIMITS.totalCharacters - charactersOf([...keep, note]);
  const kept: KnownBlock[] = [];
  for (const block of blocks) {
    budget -= charactersOf([block]);
    if (budget < 0 || kept.length + keep.length + 1 >= LIMITS.blocks) {
      kept.push(note);
      break;
    }
    kept.push(block);
  }
  return { text: message.text.slice(0, LIMITS.topLevelText), blocks: [...kept, ...keep] };
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
