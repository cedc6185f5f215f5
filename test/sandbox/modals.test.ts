import { describe, expect, test } from 'vitest';
import { createMovedClock } from '../helpers/moved-clock.ts';
import { APPROVER, INCIDENTS, openSandbox, plain, REQUESTER, section } from '../helpers/sandbox-scene.ts';

describe('a modal', () => {
  const view = {
    type: 'modal' as const,
    callback_id: 'pick',
    title: plain('Pick'),
    submit: plain('Run'),
    private_metadata: 'kept',
    blocks: [
      {
        type: 'input' as const,
        block_id: 'hosts',
        label: plain('Hosts'),
        element: { type: 'plain_text_input' as const, action_id: 'v' },
      },
      {
        type: 'input' as const,
        block_id: 'runbook',
        label: plain('Runbook'),
        element: {
          type: 'static_select' as const,
          action_id: 'v',
          options: [{ text: plain('A'), value: 'a' }],
          initial_option: { text: plain('A'), value: 'a' },
        },
      },
    ],
  };

  test('opens for the person alone, shows errors from the ack, and closes when the bot is content', async () => {
    const { person, connect } = await openSandbox();
    const submitted: unknown[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, client, body }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view });
      });
      app.view('pick', async ({ ack, view: sent }) => {
        submitted.push(sent);
        const known = sent.state.values['hosts']?.['v']?.value === '@web';
        await (known ? ack() : ack({ response_action: 'errors', errors: { hosts: 'No such host.' } }));
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await expect.poll(() => person.modal(REQUESTER)).toMatchObject({ callback_id: 'pick' });
    expect(await person.modal(APPROVER)).toBeNull();
    const submit = (hosts: string) => person.act('view-submit', { user: REQUESTER, values: { hosts: { v: hosts } } });
    expect(await submit('')).toMatchObject({ ok: false, errors: { hosts: 'Please complete this required field.' } });
    expect(submitted, 'an incomplete modal is not sent').toEqual([]);
    expect(await submit('nope')).toMatchObject({ ok: false, errors: { hosts: 'No such host.' } });
    expect(await submit('@web')).toMatchObject({ ok: true });
    expect(await person.modal(REQUESTER)).toBeNull();
    expect(submitted[1]).toMatchObject({
      private_metadata: 'kept',
      state: {
        values: {
          hosts: { v: { type: 'plain_text_input', value: '@web' } },
          runbook: { v: { type: 'static_select', selected_option: { value: 'a' } } },
        },
      },
    });
  });

  test('may be updated and pushed by an ack, keeps what was typed, and goes back when it is closed', async () => {
    const { person, connect } = await openSandbox();
    await connect((app) => {
      app.command('/runbook', async ({ ack, client, body }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view });
      });
      app.view('pick', ({ ack }) =>
        ack({ response_action: 'push', view: { ...view, callback_id: 'second', title: plain('Second') } }),
      );
      app.view('second', ({ ack }) => ack({ response_action: 'update', view: { ...view, callback_id: 'third' } }));
      app.view('third', ({ ack }) => ack({ response_action: 'clear' }));
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await expect.poll(() => person.modal(REQUESTER)).not.toBeNull();
    const submit = () => person.act('view-submit', { user: REQUESTER, values: { hosts: { v: 'x' } } });
    await submit();
    expect(await person.modal(REQUESTER)).toMatchObject({ callback_id: 'second' });
    await submit();
    expect(await person.modal(REQUESTER)).toMatchObject({
      callback_id: 'third',
      state: { values: { hosts: { v: { value: 'x' } } } },
    });
    await person.act('view-close', { user: REQUESTER });
    expect(await person.modal(REQUESTER)).toMatchObject({ callback_id: 'pick' });
  });

  test('tells the bot that it was closed when the bot asked for it, and whether the whole stack went', async () => {
    const { person, connect } = await openSandbox();
    const closed: unknown[] = [];
    const told = (more: object) => ({ ...view, callback_id: 'told', notify_on_close: true, ...more });
    await connect((app) => {
      app.command('/runbook', async ({ ack, client, body }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view: told({}) });
      });
      app.view('told', async ({ ack, view: sent }) => {
        const next = told({ clear_on_close: true, title: plain('Second') });
        await ack(sent.title.text === 'Pick' ? { response_action: 'push', view: next } : undefined);
      });
      app.view({ callback_id: 'told', type: 'view_closed' }, async ({ ack, body }) => {
        closed.push([body.view.title.text, (body as { is_cleared?: boolean }).is_cleared, body.user.id]);
        await ack();
      });
    });
    const open = async () => {
      await person.command(REQUESTER, INCIDENTS, '/runbook');
      await expect.poll(() => person.modal(REQUESTER)).not.toBeNull();
    };
    await open();
    await person.act('view-close', { user: REQUESTER });
    await open();
    await person.act('view-submit', { user: REQUESTER, values: { hosts: { v: 'x' } } });
    await person.act('view-close', { user: REQUESTER });
    expect(await person.modal(REQUESTER)).toBeNull();
    expect(closed).toEqual([
      ['Pick', false, REQUESTER],
      ['Second', true, REQUESTER],
    ]);
  });

  test('is refused with a trigger that is too old, used, or invented', async () => {
    const clock = createMovedClock();
    const { person, connect, api } = await openSandbox({ clock });
    const triggers: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        triggers.push(body.trigger_id);
        await ack();
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    const open = async (trigger_id: string) => (await api('views.open', { trigger_id, view })).json;
    expect(await open(triggers[0]!)).toMatchObject({ ok: true });
    expect(await open(triggers[0]!)).toMatchObject({ ok: false, error: 'exchanged_trigger_id' });
    clock.ahead(3100);
    expect(await open(triggers[1]!)).toMatchObject({ ok: false, error: 'expired_trigger_id' });
    expect(await open('1.2.3')).toMatchObject({ ok: false, error: 'invalid_trigger_id' });
  });

  test('with an old hash is not updated', async () => {
    const { connect, api } = await openSandbox();
    const { app } = await connect();
    const home = { type: 'home' as const, blocks: [section('one')] };
    const first = await app.client.views.publish({ user_id: REQUESTER, view: home });
    await app.client.views.update({ view_id: first.view!.id!, view: home });
    const stale = await api('views.update', { view_id: first.view!.id, hash: first.view!.hash, view: home });
    expect(stale.json).toMatchObject({ ok: false, error: 'hash_conflict' });
  });
});
