import { describe, expect, test } from 'vitest';
import { APPROVER, INCIDENTS, openSandbox, plain } from '../helpers/sandbox-scene.ts';

const goButton = {
  type: 'actions' as const,
  elements: [{ type: 'button' as const, action_id: 'go', value: 'p-1', text: plain('Go') }],
};

describe('a click', () => {
  test('carries the message, the person and the value, and may replace the message', async () => {
    const { person, connect, waitForMessage } = await openSandbox();
    const bodies: unknown[] = [];
    const { app } = await connect((listening) => {
      listening.action('go', async ({ ack, body, respond }) => {
        bodies.push(body);
        await ack();
        await respond({ text: 'gone', replace_original: true });
      });
    });
    await app.client.chat.postMessage({ channel: INCIDENTS, text: 'x', blocks: [goButton] });
    const [posted] = await person.messages(INCIDENTS);
    expect(await person.click(APPROVER, posted!, 'go')).toMatchObject({ ok: true });
    await waitForMessage(INCIDENTS, APPROVER, ({ text }) => text === 'gone');
    expect(bodies).toMatchObject([
      {
        type: 'block_actions',
        user: { id: APPROVER, team_id: 'T0SANDBOX' },
        channel: { id: INCIDENTS, name: 'incidents' },
        container: { type: 'message', message_ts: posted!.ts, is_ephemeral: false },
        message: { ts: posted!.ts, text: 'x' },
        actions: [{ type: 'button', action_id: 'go', value: 'p-1', text: plain('Go') }],
      },
    ]);
    expect(await person.messages(INCIDENTS)).toMatchObject([{ ts: posted!.ts, text: 'gone', blocks: [] }]);
  });

  test('on an element that is not there is refused', async () => {
    const { person, connect } = await openSandbox();
    const { app } = await connect();
    await app.client.chat.postMessage({ channel: INCIDENTS, text: 'x', blocks: [goButton] });
    const [posted] = await person.messages(INCIDENTS);
    expect(await person.click(APPROVER, posted!, 'stay')).toEqual({ ok: false, error: 'unknown_action' });
  });

  test('that is not acked tells the person, and a select carries its option', async () => {
    const { person, connect } = await openSandbox();
    const values: unknown[] = [];
    const { app } = await connect((listening) => {
      listening.action('go', async () => {});
      listening.action('host', async ({ ack, action }) => {
        values.push('selected_option' in action ? action.selected_option : undefined);
        await ack();
      });
    });
    const option = { text: plain('web-1'), value: 'web-1' };
    const select = {
      type: 'actions' as const,
      elements: [{ type: 'static_select' as const, action_id: 'host', options: [option] }],
    };
    await app.client.chat.postMessage({ channel: INCIDENTS, text: 'x', blocks: [goButton, select] });
    const [posted] = await person.messages(INCIDENTS);
    const place = { user: APPROVER, channel: INCIDENTS, message_ts: posted!.ts };
    expect(await person.act('interact', { ...place, action_id: 'host', value: 'web-1' })).toMatchObject({ ok: true });
    expect(values).toEqual([option]);
    expect(await person.act('interact', { ...place, action_id: 'go' })).toEqual({
      ok: false,
      error: 'operation_timeout',
    });
  });
});
