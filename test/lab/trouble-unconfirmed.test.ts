import type { ChildProcess } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { approve, CHANNEL, killBot, productOn, seen, startBot } from '../helpers/bot.ts';
import { testLab } from '../helpers/lab.ts';
import { labProduct } from '../helpers/lab-product.ts';
import { sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';
import {
  answerOf,
  DROP_IN,
  eventually,
  gateAt,
  missDeadline,
  propose,
  receiptsOf,
  reservedOf,
  SERVED,
  stateOf,
  told,
  writesOf,
} from './trouble.ts';

const lab = testLab({ webHosts: 5 });
const bots: ChildProcess[] = [];

afterAll(async () => {
  for (const bot of bots) await killBot(bot);
});

/** Not as patient as production with a host that does not answer. */
const timing = { followTries: 1, followPauseMs: 0 };

describe.concurrent('a change that its bot does not live to confirm', { timeout: 120_000 }, () => {
  it('is taken back by its host when the bot is killed in the middle of applying; the next bot says so', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-1'], 'on');
    const before = await stateOf(running, 'web-1');
    await using sandbox = await startTestSandbox();
    await using product = productOn(running, sandbox);
    await using gate = await gateAt(running, 'web-1', '/usr/bin/mv', DROP_IN);
    const first = await startBot(product, sandbox);
    bots.push(first);
    const client = sandboxClient(sandbox);
    await client.command('U0REQUESTER', CHANNEL, '/runbook run service-port on web-1');
    await approve(sandbox);
    await gate.reached();
    await killBot(first);
    await gate.open();
    await missDeadline(running, 'web-1');
    expect(await stateOf(running, 'web-1')).toBe(before);

    bots.push(await startBot(product, sandbox));
    await seen(sandbox, /Taken back on web-1/);
    await seen(sandbox, /The host took it back by itself, because it was not confirmed in time/);
    await seen(sandbox, /not confirmed within 120 s; taking it back/);
    // Once for the change and once back: the second bot asked the receipt and sent nothing again.
    expect(await writesOf(running, 'web-1')).toBe(2);
    expect(await answerOf(running, 'web-1')).toBe(SERVED);
  });

  it('is taken back by the first host when the bot is killed before it confirms; the next bot leaves the other untouched', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-2', 'web-3'], 'on');
    const before = [await stateOf(running, 'web-2'), await stateOf(running, 'web-3')];
    await using sandbox = await startTestSandbox();
    await using product = productOn(running, sandbox);
    const first = await startBot(product, sandbox, 'confirm.before-send');
    bots.push(first);
    const client = sandboxClient(sandbox);
    await client.command('U0REQUESTER', CHANNEL, '/runbook run service-port on web-2,web-3');
    await approve(sandbox);
    await eventually(async () => first.signalCode !== null, 'the bot was not killed');
    expect(await reservedOf(running, 'web-2')).toMatch(/8080-8082/);
    await missDeadline(running, 'web-2');

    bots.push(await startBot(product, sandbox));
    expect(JSON.stringify(await seen(sandbox, /Taken back on web-2/))).toMatch(/Not touched: web-3/);
    expect([await stateOf(running, 'web-2'), await stateOf(running, 'web-3')]).toEqual(before);
    expect(await receiptsOf(running, 'web-3', 'owner')).toBe('');
  });
});

describe.concurrent('a change whose network is cut', { timeout: 120_000 }, () => {
  it('is taken back by its host; people read that they have to look, and looking again finds it taken back', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-4'], 'on');
    const before = await stateOf(running, 'web-4');
    await using product = labProduct(running, { timing });
    const id = await propose(product, 'service-port', 'web-4');
    await using gate = await gateAt(running, 'web-4', '/usr/bin/mv', DROP_IN);
    const going = product.approve(id);
    await gate.reached();
    await running.fault('host-down', ['web-4'], 'on');
    await gate.open();
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    expect(after.words).toMatch(/A person has to look at web-4/);
    expect(after.words).toMatch(/takes it back by itself within 2 min/);
    await missDeadline(running, 'web-4');
    expect(await stateOf(running, 'web-4')).toBe(before);

    const unreached = told(await product.look(id));
    expect(unreached, unreached.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    await running.fault('host-down', ['web-4'], 'off');
    const looked = told(await product.look(id));
    expect(looked, looked.words).toMatchObject({ state: 'reverted', attempts: ['reverted'] });
    expect(looked.words).toMatch(/Taken back on web-4/);
    expect(await writesOf(running, 'web-4')).toBe(2);
    expect(await answerOf(running, 'web-4')).toBe(SERVED);
  });

  it('goes on where it was when somebody looks again before the deadline', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-5'], 'on');
    await using product = labProduct(running, { timing });
    const id = await propose(product, 'service-port', 'web-5');
    await using gate = await gateAt(running, 'web-5', '/usr/bin/mv', DROP_IN);
    const going = product.approve(id);
    await gate.reached();
    await running.fault('host-down', ['web-5'], 'on');
    await gate.open();
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    await running.fault('host-down', ['web-5'], 'off');
    const looked = told(await product.look(id));
    expect(looked, looked.words).toMatchObject({ state: 'proven', attempts: ['proven'] });
    expect([await writesOf(running, 'web-5'), await receiptsOf(running, 'web-5', 'settled')]).toEqual([1, 'confirmed']);
  });
});
