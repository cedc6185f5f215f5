import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemIds } from '../../src/base/ids.ts';
import { checkMessageBlocks } from '../../src/sandbox/blocks/check-blocks.ts';
import { createChanges } from '../../src/sandbox/changes.ts';
import { COVERAGE, type Coverage } from '../../src/sandbox/coverage.ts';
import { createMethods } from '../../src/sandbox/web-api/methods.ts';
import { createDirectory } from '../../src/sandbox/workspace/directory.ts';
import { createWorkspace } from '../../src/sandbox/workspace/workspace.ts';
import { startTestApp } from '../helpers/bolt.ts';
import { sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';

const names = (kind: Coverage['kind'], present: boolean): string[] =>
  COVERAGE.filter((line) => line.kind === kind && (line.level !== 'absent') === present).map(({ name }) => name);

test('every method that is said to be there answers, and every absent one is unknown', async () => {
  await using sandbox = await startTestSandbox();
  const errorOf = async (method: string): Promise<unknown> => {
    const token = method === 'apps.connections.open' ? sandbox.appToken : sandbox.botToken;
    const response = await fetch(`${sandbox.slackApiUrl}${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await response.json()) as { error?: string }).error;
  };
  for (const method of names('method', true)) expect([method, await errorOf(method)]).not.toContain('unknown_method');
  for (const method of names('method', false)) expect([method, await errorOf(method)]).toContain('unknown_method');
});

test('no line is there twice, and what is there in part says what is missing', () => {
  const lines = COVERAGE.map(({ kind, name }) => `${kind} ${name}`);
  expect(lines).toEqual([...new Set(lines)]);
  expect(COVERAGE.filter(({ level, note }) => level === 'partial' && !note)).toEqual([]);
});

test('people see the table in the inspector', async () => {
  await using sandbox = await startTestSandbox();
  const headers = { authorization: `Bearer ${sandbox.controlToken}` };
  const response = await fetch(new URL('/_control/coverage', sandbox.slackApiUrl), { headers });
  expect(await response.json()).toEqual({ ok: true, lines: COVERAGE });
});

test('no method is missing from the table', () => {
  const directory = createDirectory({ members: [], channels: [], userGroups: [], botName: 'bot' });
  const deps = { clock: systemClock, ids: systemIds, changes: createChanges() };
  const workspace = createWorkspace({ directory, ...deps });
  const methods = createMethods({ workspace, ...deps, origin: () => '', openConnection: () => '', scopes: [] });
  expect(Object.keys(methods).sort()).toEqual(names('method', true).sort());
});

const noFile = () => false;
const text = { type: 'plain_text', text: 'x' };
const options = [{ text, value: 'v' }];
const BLOCKS: Readonly<Record<string, object>> = {
  actions: { elements: [{ type: 'button', text }] },
  context: { elements: [text] },
  divider: {},
  file: { external_id: 'x', source: 'remote' },
  header: { text },
  image: { image_url: 'https://example.com/x.png', alt_text: 'x' },
  input: { label: text, element: { type: 'plain_text_input' } },
  markdown: { text: 'x' },
  rich_text: { elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'x' }] }] },
  section: { text },
  table: { rows: [[{ type: 'raw_text', text: 'x' }]] },
};

test('every block that is said to be there is accepted, and every absent one refused', () => {
  for (const type of names('block', true))
    expect([type, checkMessageBlocks([{ type, ...BLOCKS[type] }], noFile)]).toMatchObject([type, { ok: true }]);
  for (const type of names('block', false))
    expect([type, checkMessageBlocks([{ type }], noFile)]).toMatchObject([type, { ok: false }]);
});

const ELEMENTS: Readonly<Record<string, object>> = {
  button: { text },
  number_input: { is_decimal_allowed: false },
  static_select: { options },
  multi_static_select: { options },
  radio_buttons: { options },
  checkboxes: { options },
  overflow: { options },
};

test('every element that is said to be there is accepted somewhere, and every absent one nowhere', () => {
  const accepted = (type: string): boolean => {
    const element = { type, ...ELEMENTS[type] };
    const places = [
      { type: 'actions', elements: [element] },
      { type: 'input', label: text, element },
    ];
    return places.some((block) => checkMessageBlocks([block], noFile).ok);
  };
  for (const type of names('element', true)) expect([type, accepted(type)]).toEqual([type, true]);
  for (const type of names('element', false)) expect([type, accepted(type)]).toEqual([type, false]);
});

test('every payload, event and frame that is said to be there reaches the bot', async () => {
  await using sandbox = await startTestSandbox({
    scopes: ['chat:write', 'channels:history', 'app_mentions:read'],
    events: ['app_home_opened', 'app_mention', 'message'],
  });
  const person = sandboxClient(sandbox);
  const modal = { type: 'modal' as const, notify_on_close: true, title: text as never, blocks: [] };
  await using _app = await startTestApp(sandbox, (app) => {
    app.command('/runbook', async ({ ack, client, body }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: modal });
    });
    app.action('go', ({ ack }) => ack());
    app.shortcut(/.*/, ({ ack }) => ack());
    app.view({ callback_id: '', type: 'view_submission' }, ({ ack }) => ack());
    app.view({ callback_id: '', type: 'view_closed' }, ({ ack }) => ack());
  });
  const user = 'U0REQUESTER';
  const open = async (): Promise<void> => {
    await person.command(user, 'C0OPS', '/runbook');
    await expect.poll(() => person.modal(user)).not.toBeNull();
  };
  await open();
  await person.act('view-submit', { user });
  await open();
  await person.act('view-close', { user });
  const said = await person.act('message', { user, channel: 'C0OPS', text: 'hello @countersign' });
  await person.act('shortcut', { user, callback_id: 'add' });
  await person.act('shortcut', { user, callback_id: 'add', channel: 'C0OPS', message_ts: said.ts });
  await person.act('open-home', { user });
  await _app.app.client.chat.postMessage({
    channel: 'C0OPS',
    text: 'x',
    blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'go', text: text as never }] }],
  });
  const posted = (await person.messages('C0OPS')).at(-1)!;
  expect(await person.click(user, posted, 'go')).toMatchObject({ ok: true });

  await person.act('disconnect', {});
  const frames = (await person.log()).filter(({ from }) => from === 'sandbox').map(({ body }) => body as Frame);
  const kinds = new Set(frames.map(({ type, payload }) => payload?.type ?? type));
  expect(names('payload', true).filter((kind) => !kinds.has(kind))).toEqual([]);
  const events = new Set(frames.map(({ payload }) => payload?.event?.type));
  expect(names('event', true).filter((kind) => !events.has(kind))).toEqual([]);
  const types = new Set(frames.map(({ type }) => type));
  expect(names('frame', true).filter((type) => !types.has(type))).toEqual([]);
  expect(names('event', false).filter((kind) => events.has(kind))).toEqual([]);
});

interface Frame {
  readonly type: string;
  readonly payload?: { readonly type?: string; readonly event?: { readonly type: string } };
}
