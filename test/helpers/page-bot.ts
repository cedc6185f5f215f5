import type { App } from '@slack/bolt';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { plain, section } from './sandbox-scene.ts';

const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text });
const preformatted = (text: string) => ({
  type: 'rich_text' as const,
  elements: [{ type: 'rich_text_preformatted' as const, elements: [{ type: 'text' as const, text }] }],
});

const HOSTILE =
  '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> \u202eevil\u202c ```not a fence';

const PROPOSAL = [
  { type: 'header' as const, text: plain('Proposal 41-1') },
  section('*Pool upstream connections* on `web-1`, asked by <@U0REQUESTER>\n_This is not port exhaustion._'),
  preformatted('  12   upstream app {\n  13     server 127.0.0.1:8080;\n     +   keepalive 32;'),
  {
    type: 'context' as const,
    elements: [mrkdwn('May approve: sre-approvers. Expires <!date^1795394840^{time}|soon>.')],
  },
  {
    type: 'actions' as const,
    elements: [
      {
        type: 'button' as const,
        action_id: 'approve',
        style: 'primary' as const,
        text: plain('Approve'),
        confirm: {
          title: plain('Approve 41-1?'),
          text: mrkdwn('This changes *3 hosts*.'),
          confirm: plain('Yes, approve'),
          deny: plain('Not yet'),
        },
      },
      { type: 'button' as const, action_id: 'reject', style: 'danger' as const, text: plain('Reject') },
    ],
  },
];

const PICKER = {
  type: 'modal' as const,
  callback_id: 'picker',
  title: plain('Run a runbook'),
  submit: plain('Run'),
  blocks: [
    {
      type: 'input' as const,
      block_id: 'hosts',
      label: plain('Hosts'),
      element: { type: 'plain_text_input' as const, action_id: 'v' },
    },
    {
      type: 'input' as const,
      block_id: 'depth',
      label: plain('Depth'),
      element: {
        type: 'radio_buttons' as const,
        action_id: 'v',
        options: [
          { text: plain('Quick'), value: 'q' },
          { text: plain('Full'), value: 'f' },
        ],
      },
    },
  ],
};

/** Says while the person types what the hosts are. */
const LIVE_PICKER = {
  type: 'modal' as const,
  title: plain('Live'),
  submit: plain('Run'),
  blocks: [
    {
      type: 'input' as const,
      block_id: 'hosts',
      label: plain('Hosts'),
      dispatch_action: true,
      element: {
        type: 'plain_text_input' as const,
        action_id: 'live',
        dispatch_action_config: { trigger_actions_on: ['on_character_entered' as const] },
      },
    },
  ],
};

/** What differs from the usual test sandbox, so that the page has something to offer. */
export const PAGE_SANDBOX: Partial<SandboxOptions> = {
  suggestions: [
    { usage: '/runbook run time-wait on @web', description: 'Look at many TIME_WAIT sockets' },
    { usage: '/runbook run <runbook> on <hosts>', description: 'Run any runbook' },
    { usage: '/runbook list', description: 'What there is' },
  ],
  words: [{ usage: '@web', description: '3 hosts' }],
  welcome: ['Type a command, or click one:', '/runbook run time-wait on @web'],
  shortcuts: [{ callbackId: 'pick', name: 'Show run', type: 'message' }],
};

/** A bot with one of everything that the page shows: messages, threads, modals, an App Home, and silence. */
export function listenAsPageBot(app: App): void {
  app.command('/runbook', async ({ ack, body, client, respond }) => {
    if (body.text === 'silent') return;
    await ack();
    if (body.text === 'pick') await client.views.open({ trigger_id: body.trigger_id, view: PICKER });
    else if (body.text === 'hostile') {
      const text = HOSTILE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      await client.chat.postMessage({ channel: body.channel_id, text });
      await client.chat.postMessage({
        channel: body.channel_id,
        text: HOSTILE,
        blocks: [preformatted(HOSTILE), section(HOSTILE)],
      });
    } else {
      const posted = await client.chat.postMessage({
        channel: body.channel_id,
        text: 'Proposal 41-1',
        blocks: PROPOSAL,
      });
      await client.chat.postMessage({ channel: body.channel_id, thread_ts: posted.ts!, text: 'step 1: `ss -s`' });
      await respond({ response_type: 'ephemeral', text: 'Started.' });
    }
  });
  app.action('approve', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions' || !body.message || !body.channel) return;
    const blocks = [section(`*Proposal 41-1* approved by <@${body.user.id}>`)];
    await client.chat.update({ channel: body.channel.id!, ts: body.message['ts'], text: 'approved', blocks });
  });
  app.action('go', ({ ack }) => ack());
  app.action('reject', async () => {});
  app.shortcut('pick', async ({ ack, client, body }) => {
    await ack();
    await client.views.open({ trigger_id: body.trigger_id, view: LIVE_PICKER });
  });
  app.action('live', async ({ ack, body, client, action }) => {
    await ack();
    if (body.type !== 'block_actions' || action.type !== 'plain_text_input') return;
    const resolved = section(`${action.value ?? 'Nothing'} means 3 hosts`);
    const view = { ...LIVE_PICKER, blocks: [...LIVE_PICKER.blocks, resolved] };
    await client.views.update({ view_id: body.view!.id, view });
  });
  app.view('picker', async ({ ack, view }) => {
    const hosts = view.state.values['hosts']?.['v']?.value;
    await (hosts === '@web'
      ? ack()
      : ack({ response_action: 'errors', errors: { hosts: 'No such host. Did you mean @web?' } }));
  });
  app.event('app_home_opened', async ({ event, client }) => {
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: [section(`Hello <@${event.user}>`)] },
    });
  });
}
