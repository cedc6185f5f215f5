import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createInFlight } from '../../src/slack/in-flight.ts';
import { createGate } from '../helpers/gate.ts';
import { PATIENCE, setSlackScene } from '../helpers/slack-scene.ts';

describe('stopping the bot in Slack', { timeout: 30_000 }, () => {
  it('takes nothing new, ends what was begun and tells its user, and then is gone', async () => {
    const gate = createGate();
    const order: string[] = [];
    const { app, as, told, people } = await setSlackScene({
      adapt: (engine) => ({
        ...engine,
        history: async (query) => {
          order.push('begun');
          await gate.opened;
          return engine.history(query);
        },
      }),
    });
    expect(await as('U0REQUESTER', '/runbook history')).toMatchObject({ ok: true });
    await expect.poll(() => order, PATIENCE).toEqual(['begun']);
    const stopping = app[Symbol.asyncDispose]().then(() => order.push('stopped'));
    await expect.poll(() => people.state(), PATIENCE).toMatchObject({ sockets: 0 });
    expect(app.condition()).toEqual({ ok: false, words: 'stopping: no new deliveries are taken' });
    expect(await as('U0REQUESTER', '/runbook history')).toMatchObject({ ok: false, error: 'dispatch_failed' });
    expect(order).toEqual(['begun']);
    gate.open();
    await stopping;
    expect(order).toEqual(['begun', 'stopped']);
    // The second is Slackbot's word on the command that nobody took.
    expect(await told('U0REQUESTER')).toHaveLength(2);
  });

  it('does not wait longer than its deadline for what never ends', async () => {
    const inFlight = createInFlight(systemClock);
    const gate = createGate();
    const work = inFlight.track(() => gate.opened);
    expect(await inFlight.drain(10)).toBe(false);
    gate.open();
    await work;
    expect(await inFlight.drain(10)).toBe(true);
  });
});
