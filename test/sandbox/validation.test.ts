import { describe, expect, test } from 'vitest';
import { checkMessageBlocks } from '../../src/sandbox/blocks/check-blocks.ts';
import { INCIDENTS, openSandbox, plain, section } from '../helpers/sandbox-scene.ts';

const x = (length: number) => 'x'.repeat(length);
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const button = (more: object = {}) => ({ type: 'button', text: plain('Go'), ...more });
const options = (count: number) => Array.from({ length: count }, (_, n) => ({ text: plain(`${n}`), value: `${n}` }));
const select = (more: object) => actions({ type: 'static_select', ...more });
const times = (count: number, item: object) => Array.from({ length: count }, () => item);

const REFUSED: readonly (readonly [string, object, string])[] = [
  ['a header of 151', { type: 'header', text: plain(x(151)) }, 'must be less than 151 characters'],
  ['an empty section text', section(''), 'must be more than 0 characters'],
  ['a section that says nothing', { type: 'section' }, 'missing required field: text'],
  ['a field of 2001', { type: 'section', fields: [plain(x(2001))] }, 'must be less than 2001 characters'],
  ['eleven fields', { type: 'section', fields: times(11, plain('x')) }, 'no more than 10 items allowed'],
  ['eleven context elements', { type: 'context', elements: times(11, plain('x')) }, 'no more than 10 items allowed'],
  ['26 buttons', actions(...times(26, button())), 'no more than 25 items allowed'],
  ['no button', actions(), 'no fewer than 1 items allowed'],
  ['a button text of 76', actions(button({ text: plain(x(76)) })), 'must be less than 76 characters'],
  ['a button value of 2001', actions(button({ value: x(2001) })), 'must be less than 2001 characters'],
  ['a disabled button', actions(button({ disabled: true })), 'invalid additional property: disabled'],
  ['markup on a button', actions(button({ text: { type: 'mrkdwn', text: 'x' } })), 'unsupported type: mrkdwn'],
  ['a style that is none', actions(button({ style: 'default' })), 'must be a valid enum value: primary, danger'],
  ['an action_id of 256', actions(button({ action_id: x(256) })), 'must be less than 256 characters'],
  ['an action_id twice', actions(button({ action_id: 'a' }), button({ action_id: 'a' })), 'action_id a already exists'],
  ['a confirm text of 301', actions(button({ confirm: confirmOf(301) })), 'must be less than 301 characters'],
  ['a select without options', select({}), 'missing required field: options'],
  ['101 options', select({ options: options(101) }), 'no more than 100 items allowed'],
  ['no option', select({ options: [] }), 'no fewer than 1 items allowed'],
  ['an option value of 151', select({ options: [{ text: plain('x'), value: x(151) }] }), 'must be less than 151'],
  ['an option text of 76', select({ options: [{ text: plain(x(76)), value: 'x' }] }), 'must be less than 76'],
  [
    'an initial option that is none of the options',
    select({ options: options(2), initial_option: options(3)[2] }),
    'must be one of the provided options',
  ],
  ['six overflow options', actions({ type: 'overflow', options: options(6) }), 'no more than 5 items allowed'],
  ['eleven radio buttons', actions({ type: 'radio_buttons', options: options(11) }), 'no more than 10 items allowed'],
  ['a text input among actions', actions({ type: 'plain_text_input' }), 'unsupported type: plain_text_input'],
  ['a filter of nothing', actions({ type: 'conversations_select', filter: { include: [] } }), 'no fewer than 1 items'],
  [
    'an image without words',
    { type: 'image', image_url: 'https://example.com/x.png' },
    'missing required field: alt_text',
  ],
  ['a file that nobody uploaded', { type: 'image', slack_file: { id: 'F0' }, alt_text: 'x' }, 'invalid slack file'],
  ['101 table rows', { type: 'table', rows: times(101, [cell()]) }, 'no more than 100 items allowed'],
  ['21 table cells', { type: 'table', rows: [times(21, cell())] }, 'no more than 20 items allowed'],
  ['an empty table cell', { type: 'table', rows: [[cell('')]] }, 'must be more than 0 characters'],
  ['a block_id of 256', { type: 'divider', block_id: x(256) }, 'must be less than 256 characters'],
  ['a block that is none', { type: 'headline' }, 'unsupported type: headline'],
];

function cell(text = 'x') {
  return { type: 'raw_text', text };
}

function confirmOf(length: number) {
  return { title: plain('Sure?'), text: plain(x(length)), confirm: plain('Yes'), deny: plain('No') };
}

test.each(REFUSED)('a message refuses %s', (_, block, message) => {
  const verdict = checkMessageBlocks([block], () => false);
  const problems = verdict.ok ? [] : verdict.problems.map((problem) => problem.message);
  expect(problems.join('; ')).toContain(message);
});

test('a message refuses one block_id twice and a second table', () => {
  const table = { type: 'table', rows: [[cell()]] };
  const problemsOf = (...blocks: object[]) => checkMessageBlocks(blocks, () => false);
  const twice = { type: 'divider', block_id: 'b' };
  expect(problemsOf(twice, twice)).toMatchObject({
    error: 'invalid_blocks',
    problems: [{ pointer: '/blocks/1/block_id' }],
  });
  expect(problemsOf(table, table)).toMatchObject({ problems: [{ message: 'no more than 1 table block allowed' }] });
  expect(problemsOf(table)).toMatchObject({ ok: true });
});

describe('the text of a message', () => {
  test('may be long when it is new, and 4,000 characters when it is changed', async () => {
    const { api, person } = await openSandbox();
    const { json } = await api('chat.postMessage', { channel: INCIDENTS, text: x(40_001) });
    expect((await person.messages(INCIDENTS))[0]!.text).toHaveLength(40_000);
    const update = { channel: INCIDENTS, ts: (json as { ts?: string }).ts };
    expect((await api('chat.update', { ...update, text: x(4001) })).json.error).toBe('msg_too_long');
    expect((await api('chat.update', { ...update, text: x(4000) })).json.ok).toBe(true);
    expect((await api('chat.update', update)).json.error).toBe('no_text');
  });

  test('must be there, and its metadata must be small and well formed', async () => {
    const { api } = await openSandbox();
    const errorOf = async (body: object) => (await api('chat.postMessage', { channel: INCIDENTS, ...body })).json.error;
    expect(await errorOf({})).toBe('no_text');
    expect(await errorOf({ text: ' ', blocks: [] })).toBe('no_text');
    expect(await errorOf({ text: 'x', metadata: { event_type: 'run' } })).toBe('invalid_metadata_format');
    const event_payload = { much: x(9000) };
    expect(await errorOf({ text: 'x', metadata: { event_type: 'run', event_payload } })).toBe('metadata_too_large');
    expect(await errorOf({ text: 'x', thread_ts: '1.000001' })).toBe('thread_not_found');
    expect((await api('chat.postMessage', { text: 'x' })).json).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: channel'] },
    });
  });
});

describe('a view', () => {
  const modal = (more: object = {}) => ({ type: 'modal', title: plain('Title'), blocks: [], ...more });
  const typed = { type: 'input', label: plain('x'), element: { type: 'plain_text_input' } };
  const eager = { ...typed, element: { type: 'plain_text_input', focus_on_load: true } };
  test.each([
    [
      'a title of 25',
      modal({ title: plain(x(25)) }),
      'must be less than 25 characters [json-pointer:/view/title/text]',
    ],
    ['101 blocks', modal({ blocks: times(101, { type: 'divider' }) }), 'no more than 100 items allowed'],
    ['private_metadata of 3001', modal({ private_metadata: x(3001) }), 'must be less than 3001 characters'],
    ['a callback_id of 256', modal({ callback_id: x(256) }), 'must be less than 256 characters'],
    ['inputs without a submit', modal({ blocks: [typed] }), 'must define `submit`'],
    ['a table', modal({ blocks: [{ type: 'table', rows: [[cell()]] }] }), 'unsupported type: table'],
    ['two that want the focus', modal({ submit: plain('Go'), blocks: [eager, eager] }), 'focus_on_load'],
    ['a home where a modal belongs', { type: 'home', blocks: [] }, 'must be a modal view'],
  ])('refuses %s', async (_, view, message) => {
    const { api } = await openSandbox();
    const { json } = await api('views.open', { trigger_id: 'any', view });
    expect(json.error).toBe('invalid_arguments');
    expect(json.errors?.join('; ')).toContain(message);
  });

  test('that is too large, not there, or one too many on the stack is refused by its name', async () => {
    const { api, person, connect } = await openSandbox();
    const triggers: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        triggers.push(body.trigger_id);
        await ack();
      });
    });
    const call = async (method: string, more: object = {}) => {
      await person.command('U0REQUESTER', INCIDENTS, '/runbook');
      const body = { trigger_id: triggers.at(-1), view: modal(more) };
      return (await api(method, body)).json.error;
    };
    expect(await call('views.push')).toBe('not_found');
    const heavy = Array.from({ length: 90 }, () => section(x(3000)));
    expect(await call('views.open', { blocks: heavy })).toBe('view_too_large');
    expect(await call('views.open', { external_id: 'one' })).toBeUndefined();
    expect(await call('views.push', { external_id: 'one' })).toBe('duplicate_external_id');
    expect([await call('views.push'), await call('views.push'), await call('views.push')]).toEqual([
      undefined,
      undefined,
      'push_limit_reached',
    ]);
    expect((await api('views.update', { view_id: 'V0', view: modal() })).json.error).toBe('not_found');
  });
});
