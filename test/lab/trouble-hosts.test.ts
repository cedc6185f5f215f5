import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { testLab } from '../helpers/lab.ts';
import { labProduct } from '../helpers/lab-product.ts';
import {
  answerOf,
  eventually,
  gateAt,
  must,
  propose,
  receiptsOf,
  reservedOf,
  SERVED,
  stateOf,
  told,
  writesOf,
} from './trouble.ts';

const lab = testLab({ webHosts: 8 });

/** Sudo refuses everything to the product on this host from now on. */
const NO_RIGHTS = ': >/etc/sudoers.d/countersign';

function statesOf(running: Lab, hosts: readonly string[]): Promise<string[]> {
  return Promise.all(hosts.map((host) => stateOf(running, host)));
}

describe('two bots with a database each that begin the same change at once', { timeout: 90_000 }, () => {
  it('change the host once: one proves it, the other says who is at work and that it changed nothing', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-1'], 'on');
    await using one = labProduct(running);
    await using other = labProduct(running);
    const ids = [await propose(one, 'service-port', 'web-1'), await propose(other, 'service-port', 'web-1')] as const;
    await using gate = await gateAt(running, 'web-1', '/usr/bin/flock', '-n');
    const going = Promise.all([one.approve(ids[0]), other.approve(ids[1])]);
    await gate.reached(2);
    await gate.open();
    const ends = (await going).map(told).sort((a, b) => a.state.localeCompare(b.state));
    expect(ends).toMatchObject([
      { state: 'failed', attempts: ['failed'] },
      { state: 'proven', attempts: ['proven'] },
    ]);
    expect(ends[0]?.words).toMatch(/another change is at work on this host \(1-1-web-1-\w+\); nothing was changed/);
    expect(await writesOf(running, 'web-1')).toBe(1);
    expect(await reservedOf(running, 'web-1')).toMatch(/8080-8082/);
    for (const product of [one, other]) expect((await product.run('service-port', 'web-1')).proposals).toEqual([]);
  });
});

describe('a change of several hosts', { timeout: 90_000 }, () => {
  it('that fails on its canary leaves the others untouched, and lists them', async () => {
    const running = lab();
    const hosts = ['web-2', 'web-3', 'web-4'];
    await running.fault('service-port-in-range', hosts, 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', hosts.join(','));
    await must(running, 'web-2', NO_RIGHTS);
    const before = await statesOf(running, hosts);
    const after = told(await product.approve(id));
    expect(after, after.words).toMatchObject({ state: 'failed', attempts: ['failed', 'untouched', 'untouched'] });
    expect(after.words).toMatch(/Stopped: it did not work on web-2\.\nNot touched: web-3 and web-4\./);
    expect(await statesOf(running, hosts)).toEqual(before);
    for (const host of ['web-3', 'web-4']) expect(await receiptsOf(running, host, 'owner')).toBe('');
    for (const host of hosts) expect(await answerOf(running, host)).toBe(SERVED);
  });

  it('that fails on one host of its second batch brings the other to its end, names each, and is undone where it was made', async () => {
    const running = lab();
    const hosts = ['web-5', 'web-6', 'web-7'];
    await running.fault('service-port-in-range', hosts, 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', hosts.join(','));
    const before = await statesOf(running, hosts);
    await using gate = await gateAt(running, 'web-6', '/usr/bin/flock', '-n');
    const going = product.approve(id);
    await gate.reached();
    expect(await receiptsOf(running, 'web-5', 'settled')).toBe('confirmed');
    await eventually(async () => (await receiptsOf(running, 'web-7', 'rc')) === '0', 'web-7 was not changed');
    await must(running, 'web-6', NO_RIGHTS);
    await gate.open();
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'failed', attempts: ['proven', 'failed', 'proven'] });
    expect(after.words).toMatch(/Stopped: it did not work on web-6\.\nProven on web-5 and web-7\./);
    expect(await stateOf(running, 'web-6')).toBe(before[1]);

    const undone = told(await product.undo(id));
    expect(undone, undone.words).toMatchObject({ state: 'undone', attempts: ['undone', 'failed', 'undone'] });
    expect(await statesOf(running, hosts)).toEqual(before);
  });

  it('that cannot reach its canary any more leaves the others untouched, and lists them', async () => {
    const running = lab();
    const hosts = ['web-3', 'web-8'];
    await running.fault('service-port-in-range', hosts, 'on');
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', hosts.join(','));
    await running.fault('host-down', ['web-3'], 'on');
    const after = told(await product.approve(id));
    expect(after, after.words).toMatchObject({ state: 'failed', attempts: ['failed', 'untouched'] });
    expect(after.words).toMatch(/Not touched: web-8\.[\s\S]*web-3: .*Nothing was changed\./);
    expect(await receiptsOf(running, 'web-8', 'owner')).toBe('');
    await running.fault('host-down', ['web-3'], 'off');
  });
});
