import { isObject, type JsonObject, objectsOf, textOf } from '../json.ts';
import { messageBlock, viewBlock } from './blocks.ts';
import {
  anything,
  boolean,
  type Check,
  list,
  NO_SCHEMA,
  oneOf,
  optional,
  type Problem,
  problem,
  required,
  shape,
  string,
} from './check.ts';
import { elementsOf } from './elements-of.ts';
import { plainText } from './text.ts';

/**
 * Slack refuses messages whose blocks hold more than this, though no document says so, and counts something for each
 * block besides its text. Both numbers fit what was measured in github.com/slackapi/bolt-js/issues/2509 and 2867.
 */
const MAX_MESSAGE_TEXT = 13_300;
const BLOCK_COST = 60;

const MAX_MARKDOWN_TEXT = 12_000;

/** What checking a message's blocks came to: Slack's error name and its messages. */
export type Verdict =
  | { readonly ok: true; readonly blocks: readonly JsonObject[] }
  | { readonly ok: false; readonly error: string; readonly problems: readonly Problem[] };

/** Checks the blocks of a message as Slack does before it posts; `knowsFile` says whether a file was uploaded. */
export function checkMessageBlocks(blocks: unknown, knowsFile: (id: string) => boolean): Verdict {
  if (!Array.isArray(blocks)) return { ok: false, error: 'invalid_blocks_format', problems: [] };
  const problems = [
    ...list(messageBlock, { min: 0, max: 50 })(blocks, '/blocks'),
    ...uniqueIds(blocks, '/blocks'),
    ...messageTotals(objectsOf(blocks)),
    ...unknownFiles(blocks, knowsFile, '/blocks'),
  ];
  if (problems.length > 0) return { ok: false, error: 'invalid_blocks', problems };
  if (textLength(blocks) + blocks.length * BLOCK_COST > MAX_MESSAGE_TEXT)
    return { ok: false, error: 'msg_blocks_too_long', problems: [] };
  return { ok: true, blocks: objectsOf(blocks) };
}

/** Checks a modal or an App Home. The problems point into `/view`. */
export function checkView(view: unknown, knowsFile: (id: string) => boolean): readonly Problem[] {
  if (!isObject(view)) return problem('must provide an object', '/view');
  const check = view['type'] === 'home' ? home : modal;
  const unfit = check(view, '/view');
  const problems = [
    ...(unfit.length > 0 ? [...problem(NO_SCHEMA, '/view'), ...unfit] : []),
    ...uniqueIds(view['blocks'], '/view/blocks'),
    ...unknownFiles(view['blocks'], knowsFile, '/view/blocks'),
    ...focusTwice(view['blocks']),
  ];
  const asks = objectsOf(view['blocks']).some((block) => block['type'] === 'input');
  if (asks && view['type'] === 'modal' && view['submit'] === undefined) {
    return [...problems, ...problem('must define `submit` to use an `input` block in modals', '/view')];
  }
  return problems;
}

/** Slack's largest view, in bytes of JSON (docs.slack.dev/reference/methods/views.open, `view_too_large`). */
const MAX_VIEW_BYTES = 250_000;

/** Whether a view is more than Slack takes at all. */
export function isTooLarge(view: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(view) ?? '') > MAX_VIEW_BYTES;
}

const common = {
  blocks: required(list(viewBlock, { min: 0, max: 100 })),
  callback_id: optional(string(255, 0)),
  external_id: optional(string(255, 0)),
  private_metadata: optional(string(3000, 0)),
};

const home: Check = shape({ ...common, type: required(oneOf('home')) });

const modal: Check = shape({
  ...common,
  type: required(oneOf('modal')),
  title: required(plainText(24)),
  submit: optional(plainText(24)),
  close: optional(plainText(24)),
  clear_on_close: optional(boolean),
  notify_on_close: optional(boolean),
  submit_disabled: optional(anything),
});

function messageTotals(blocks: readonly JsonObject[]): readonly Problem[] {
  const tables = blocks.filter((block) => block['type'] === 'table').length;
  const markdown = blocks
    .filter((block) => block['type'] === 'markdown')
    .reduce((length, block) => length + (textOf(block['text'])?.length ?? 0), 0);
  return [
    ...(tables > 1 ? problem('no more than 1 table block allowed', '/blocks') : []),
    ...(markdown > MAX_MARKDOWN_TEXT
      ? problem(`markdown blocks must be less than ${MAX_MARKDOWN_TEXT + 1} characters together`, '/blocks')
      : []),
  ];
}

function uniqueIds(blocks: unknown, pointer: string): readonly Problem[] {
  const seen = new Set<unknown>();
  return objectsOf(blocks).flatMap((block, index) => {
    const at = `${pointer}/${index}`;
    const id = block['block_id'];
    const repeated = id !== undefined && seen.has(id) ? problem(`block_id ${id} already exists`, `${at}/block_id`) : [];
    seen.add(id);
    return [...repeated, ...uniqueActions(block, at)];
  });
}

function uniqueActions(block: JsonObject, pointer: string): readonly Problem[] {
  const actionIds = elementsOf(block)
    .map((element) => element['action_id'])
    .filter((id) => id !== undefined);
  return actionIds.flatMap((id, index) =>
    actionIds.indexOf(id) === index ? [] : problem(`action_id ${id} already exists`, `${pointer}/elements/${index}`),
  );
}

/** One element of a view may take the focus when it opens. */
function focusTwice(blocks: unknown): readonly Problem[] {
  const eager = objectsOf(blocks)
    .flatMap(elementsOf)
    .filter((element) => element['focus_on_load'] === true);
  return eager.length > 1 ? problem('only one element can have focus_on_load set to true', '/view/blocks') : [];
}

/** Images, wherever they are, whose `slack_file` is nowhere. */
function unknownFiles(value: unknown, knows: (id: string) => boolean, pointer: string): readonly Problem[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownFiles(item, knows, `${pointer}/${index}`));
  if (!isObject(value)) return [];
  const file = value['type'] === 'image' ? value['slack_file'] : undefined;
  const id = isObject(file) ? textOf(file['id']) : undefined;
  if (id !== undefined && !knows(id)) return problem('invalid slack file', `${pointer}/slack_file`);
  return Object.entries(value).flatMap(([name, member]) => unknownFiles(member, knows, `${pointer}/${name}`));
}

/** The characters that people read, everywhere in the blocks. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, member]) => sum + (name === 'text' && typeof member === 'string' ? member.length : textLength(member)),
    0,
  );
}
