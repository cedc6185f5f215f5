import { describe, expect, it } from 'vitest';
import { testLab } from '../helpers/lab.ts';
import { labProduct } from '../helpers/lab-product.ts';
import {
  answerOf,
  DROP_IN,
  eventually,
  gateAt,
  killSessions,
  killWork,
  must,
  propose,
  receiptsOf,
  reservedOf,
  restart,
  SERVED,
  stateOf,
  told,
  writesOf,
} from './trouble.ts';

const lab = testLab({ webHosts: 6 });

/** What a person reads when it is not known what is on the host now. */
const INTERRUPTED =
  /A person has to look at (\S+): what happened there is not known[\s\S]*\1: It was interrupted on the host/;

describe('a change whose processes are killed on the host', { timeout: 90_000 }, () => {
  it('is made once and proven when the SSH session that began it is killed in the middle', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-1'], 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', 'web-1');
    await using gate = await gateAt(running, 'web-1', '/usr/bin/mv', DROP_IN);
    const going = product.approve(id);
    await gate.reached();
    await killSessions(running, 'web-1');
    await gate.open();
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'proven', attempts: ['proven'] });
    expect(await receiptsOf(running, 'web-1', 'settled')).toBe('confirmed');
    expect([await writesOf(running, 'web-1'), await receiptsOf(running, 'web-1', 'rc')]).toEqual([1, '0']);
    expect(await reservedOf(running, 'web-1')).toMatch(/8080-8082/);
  });

  it('needs a person when its work is killed before anything took its place; nothing was changed, and undo clears it up', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-2'], 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', 'web-2');
    const before = await stateOf(running, 'web-2');
    await using gate = await gateAt(running, 'web-2', '/usr/bin/tee', 'ip_local_reserved_ports');
    const going = product.approve(id);
    await gate.reached();
    await killWork(running, 'web-2');
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    expect(after.words).toMatch(INTERRUPTED);
    expect(await reservedOf(running, 'web-2')).toBe('');
    await must(running, 'web-2', '[ ! -e "$1" ]', DROP_IN);

    await gate.open();
    const looked = told(await product.look(id));
    expect(looked, looked.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    const undone = told(await product.undo(id));
    expect(undone, undone.words).toMatchObject({ state: 'undone', attempts: ['undone'] });
    expect(await stateOf(running, 'web-2')).toBe(before);
  });

  it('needs a person when its work is killed half-way; no file is half written, and undo restores the half that was', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-3'], 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', 'web-3');
    const before = await stateOf(running, 'web-3');
    await using gate = await gateAt(running, 'web-3', '/usr/bin/mv', DROP_IN);
    const going = product.approve(id);
    await gate.reached();
    expect(await reservedOf(running, 'web-3')).toMatch(/8080-8082/);
    await killWork(running, 'web-3');
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    expect(after.words).toMatch(INTERRUPTED);
    await must(running, 'web-3', '[ ! -e "$1" ]', DROP_IN);

    await gate.open();
    const undone = told(await product.undo(id));
    expect(undone, undone.words).toMatchObject({ state: 'undone', attempts: ['undone'] });
    expect(await stateOf(running, 'web-3')).toBe(before);
    expect(await answerOf(running, 'web-3')).toBe(SERVED);
  });

  it('is confirmed and proven when its guard is killed after the change: nobody is left to take it back', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-4'], 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', 'web-4');
    const going = product.approve(id);
    await eventually(async () => (await receiptsOf(running, 'web-4', 'rc')) === '0', 'it was not applied');
    await killWork(running, 'web-4');
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'proven', attempts: ['proven'] });
    expect([await writesOf(running, 'web-4'), await receiptsOf(running, 'web-4', 'settled')]).toEqual([1, 'confirmed']);
  });
});

describe('a change whose host restarts', { timeout: 90_000 }, () => {
  it('needs a person when it was half-way; undo leaves nothing behind, and it can be made afterwards', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-5'], 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', 'web-5');
    const before = await stateOf(running, 'web-5');
    await using gate = await gateAt(running, 'web-5', '/usr/bin/mv', DROP_IN);
    const going = product.approve(id);
    await gate.reached();
    await restart(running, 'web-5');
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    expect(after.words).toMatch(INTERRUPTED);

    await gate.open();
    const undone = told(await product.undo(id));
    expect(undone, undone.words).toMatchObject({ state: 'undone', attempts: ['undone'] });
    expect(await stateOf(running, 'web-5')).toBe(before);
    const again = await propose(product, 'service-port', 'web-5');
    const second = told(await product.approve(again));
    expect(second, second.words).toMatchObject({ state: 'proven' });
  });

  it('is proven when the restart came after it: what it wrote for the next boot holds', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-6'], 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', 'web-6');
    const going = product.approve(id);
    await eventually(async () => (await receiptsOf(running, 'web-6', 'rc')) === '0', 'it was not applied');
    await restart(running, 'web-6');
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'proven', attempts: ['proven'] });
    expect(await writesOf(running, 'web-6')).toBe(1);
    expect(await reservedOf(running, 'web-6')).toMatch(/8080-8082/);
  });
});
