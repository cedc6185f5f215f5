import { describe, expect, test } from 'vitest';
import { APPROVER, INCIDENTS, openSandbox, plain, REQUESTER } from '../helpers/sandbox-scene.ts';

const input = (block_id: string, element: object, more: object = {}) => ({
  type: 'input' as const,
  block_id,
  label: plain(block_id),
  element: { action_id: 'v', ...element } as never,
  ...more,
});

const VIEW = {
  type: 'modal' as const,
  callback_id: 'share',
  title: plain('Share'),
  submit: plain('Share'),
  blocks: [
    input('where', {
      type: 'conversations_select',
      default_to_current_conversation: true,
      response_url_enabled: true,
      filter: { include: ['public', 'private'], exclude_external_shared_channels: true },
    }),
    input('channel', { type: 'channels_select', initial_channel: 'C0OPS' }),
    input('who', { type: 'users_select', initial_user: APPROVER }),
    input('watchers', { type: 'multi_users_select', initial_users: [APPROVER] }),
    input('at', { type: 'timepicker', initial_time: '03:12' }),
    input(
      'hosts',
      { type: 'plain_text_input', dispatch_action_config: { trigger_actions_on: ['on_character_entered'] } },
      { dispatch_action: true },
    ),
    input('quiet', { type: 'plain_text_input' }, { optional: true }),
  ],
};

async function openShareModal() {
  const scene = await openSandbox();
  const heard: { submitted: unknown[]; dispatched: unknown[] } = { submitted: [], dispatched: [] };
  await scene.connect((app) => {
    app.command('/runbook', async ({ ack, client, body }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: VIEW });
    });
    app.action('v', async ({ ack, action }) => {
      heard.dispatched.push(action);
      await ack();
    });
    app.view('share', async ({ ack, view, body }) => {
      heard.submitted.push({
        values: view.state.values,
        response_urls: (body as { response_urls?: unknown }).response_urls,
      });
      await ack();
    });
  });
  await scene.person.command(REQUESTER, INCIDENTS, '/runbook share');
  await expect.poll(() => scene.person.modal(REQUESTER)).not.toBeNull();
  return { ...scene, heard };
}

describe('elements of a modal', () => {
  test('start with what their blocks say, the current conversation included, and come back with what was chosen', async () => {
    const { person, heard, waitForMessage } = await openShareModal();
    await person.act('view-submit', { user: REQUESTER, values: { hosts: { v: '@web' }, who: { v: REQUESTER } } });
    expect(heard.submitted).toMatchObject([
      {
        values: {
          where: { v: { type: 'conversations_select', selected_conversation: INCIDENTS } },
          channel: { v: { type: 'channels_select', selected_channel: 'C0OPS' } },
          who: { v: { type: 'users_select', selected_user: REQUESTER } },
          watchers: { v: { type: 'multi_users_select', selected_users: [APPROVER] } },
          at: { v: { type: 'timepicker', selected_time: '03:12' } },
          hosts: { v: { value: '@web' } },
          quiet: { v: { value: null } },
        },
        response_urls: [{ block_id: 'where', action_id: 'v', channel_id: INCIDENTS }],
      },
    ]);
    const [{ response_urls: urls }] = heard.submitted as [{ response_urls: [{ response_url: string }] }];
    const body = JSON.stringify({ text: 'shared', response_type: 'in_channel' });
    await fetch(urls[0].response_url, { method: 'POST', body });
    await waitForMessage(INCIDENTS, APPROVER, ({ text }) => text === 'shared');
  });

  test('tell the bot at once only where the block asks for it', async () => {
    const { person, heard } = await openShareModal();
    const type = (block_id: string, value: string) =>
      person.act('interact', { user: REQUESTER, surface: 'modal', block_id, action_id: 'v', value });
    expect(await type('hosts', '@we')).toMatchObject({ ok: true });
    expect(await type('quiet', 'x')).toEqual({ ok: false, error: 'not_dispatched' });
    expect(heard.dispatched).toMatchObject([{ type: 'plain_text_input', block_id: 'hosts', value: '@we' }]);
    const modal = (await person.modal(REQUESTER)) as { state: { values: object } };
    expect(modal.state.values, 'what was typed is kept').toMatchObject({ hosts: { v: { value: '@we' } } });
  });
});

test('a link button tells the bot that it was clicked, and where it leads', async () => {
  const { person, connect } = await openSandbox();
  const actions: unknown[] = [];
  const { app } = await connect((listening) => {
    listening.action('docs', async ({ ack, action }) => {
      actions.push(action);
      await ack();
    });
  });
  const url = 'https://docs.example/runbooks';
  const button = { type: 'button' as const, action_id: 'docs', text: plain('Docs'), url };
  await app.client.chat.postMessage({
    channel: INCIDENTS,
    text: 'x',
    blocks: [{ type: 'actions', elements: [button] }],
  });
  const [posted] = await person.messages(INCIDENTS);
  expect(await person.click(APPROVER, posted!, 'docs')).toMatchObject({ ok: true });
  expect(actions).toMatchObject([{ type: 'button', url }]);
});
