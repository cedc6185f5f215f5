import { describe, expect, test } from 'vitest';
import type { SeenMessage } from '../helpers/sandbox.ts';
import { APPROVER, INCIDENTS, openSandbox, REQUESTER, section } from '../helpers/sandbox-scene.ts';

describe('a command', () => {
  test('is acked, and its message is posted and updated in place', async () => {
    const { person, connect, waitForMessage } = await openSandbox();
    await connect((app) => {
      app.command('/runbook', async ({ ack, client, body }) => {
        await ack();
        const posted = await client.chat.postMessage({
          channel: body.channel_id,
          text: 'running',
          blocks: [section('running')],
        });
        await client.chat.update({ channel: body.channel_id, ts: posted.ts!, text: `done: ${body.text}` });
      });
    });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook run time-wait on @web')).toMatchObject({ ok: true });
    const done = await waitForMessage(INCIDENTS, APPROVER, ({ text }) => text.startsWith('done'));
    expect(done.text).toBe('done: run time-wait on @web');
    expect(done.blocks, 'an update without blocks keeps them').toMatchObject([{ text: { text: 'running' } }]);
    expect(await person.messages(INCIDENTS)).toHaveLength(1);
  });

  test('turns names of members into mentions when the manifest says so, and leaves other @ words alone', async () => {
    const command = { name: '/runbook', usageHint: '', description: '', shouldEscape: true };
    const { person, connect } = await openSandbox({ command });
    const texts: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        texts.push(body.text);
        await ack();
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook ask @approver on @web in #ops <b>');
    expect(texts).toEqual(['ask <@U0APPROVER|approver> on @web in <#C0OPS|ops> <b>']);
  });

  test('may be answered with its ack, for the person alone or for the channel', async () => {
    const { person, connect } = await openSandbox();
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        await ack(body.text === 'loud' ? { response_type: 'in_channel', text: 'heard' } : 'just you');
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await person.command(REQUESTER, INCIDENTS, '/runbook loud');
    const texts = (messages: readonly SeenMessage[]) => messages.map(({ text }) => text);
    expect(texts(await person.messages(INCIDENTS, REQUESTER))).toEqual(['just you', 'heard']);
    expect(texts(await person.messages(INCIDENTS, APPROVER))).toEqual(['heard']);
  });

  test('that nobody acks within 3 s fails with operation_timeout, seen by the person alone', async () => {
    const { person, connect } = await openSandbox();
    await connect((app) => {
      app.command('/runbook', async () => {});
    });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toEqual({ ok: false, error: 'operation_timeout' });
    const seen = await person.messages(INCIDENTS, REQUESTER);
    expect(seen).toMatchObject([
      { user: 'USLACKBOT', is_ephemeral: true, text: '/runbook failed with the error “operation_timeout”' },
    ]);
    expect(await person.messages(INCIDENTS, APPROVER)).toEqual([]);
  });

  test('fails with dispatch_failed while the bot is not connected, and is unknown under another name', async () => {
    const { person } = await openSandbox();
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toEqual({ ok: false, error: 'dispatch_failed' });
    expect(await person.command(REQUESTER, INCIDENTS, '/other')).toEqual({ ok: false, error: 'unknown_command' });
  });
});
