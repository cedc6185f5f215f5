import { describe, expect, it } from 'vitest';
import { factsByHost } from '../../src/engine/concluding.ts';
import type { RunView } from '../../src/engine/view.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { renderRunMessage } from '../../src/slack/views/run.ts';
import { testLab } from '../helpers/lab.ts';
import { findingOf, labProduct, type LabProduct } from '../helpers/lab-product.ts';
import { lookAtTimeWait, sleep } from './look.ts';

const lab = testLab({ webHosts: 2 });

/** Connections that a run makes itself: one to each of three backends, and some to nginx's status page. */
const OWN = 8;

/** The counts in the text of a run's Slack message. */
function shownCounts(view: RunView): { backendClosed: number; nginxClosed: number } {
  const message = JSON.stringify(
    renderRunMessage({ view, probes: [], now: view.run.createdAt, command: '/runbook' }).blocks,
  );
  const [, backendClosed = '', nginxClosed = ''] =
    /([\d,]+) closed by the backends?, ([\d,]+) by nginx/.exec(message) ?? [];
  return {
    backendClosed: Number(backendClosed.replaceAll(',', '') || Number.NaN),
    nginxClosed: Number(nginxClosed.replaceAll(',', '') || Number.NaN),
  };
}

async function factsOf(product: LabProduct, run: Awaited<ReturnType<LabProduct['run']>>, host: string): Promise<Facts> {
  const facts = factsByHost(await product.composition.context.store.runs.facts(run.run.id));
  const found = [...facts].find(([name]) => name === host)?.[1];
  if (!found) throw new Error(`no facts of ${host}`);
  return found;
}

describe('time-wait on real hosts', { timeout: 90_000 }, () => {
  it('says that upstream connections are not pooled, with who closed them and the lines to blame, and spares the healthy host', async () => {
    const running: Lab = lab();
    await running.fault('no-upstream-keepalive', ['web-1'], 'on');
    await running.load({ ratePerHost: 90, seconds: 120 });
    await sleep(16_000);
    await using product = labProduct(running);
    // Within the first minute of load nothing expires: what Slack shows lies between a look before and a look after.
    const before = await lookAtTimeWait(lab(), 'web-1');
    const view = await product.run('time-wait', '@web', { interval: '3', min_time_wait: '500' });
    const after = await lookAtTimeWait(lab(), 'web-1');
    const shown = shownCounts(view);
    expect(shown.backendClosed).toBeGreaterThanOrEqual(before.backendClosed);
    expect(shown.backendClosed).toBeLessThanOrEqual(after.backendClosed);
    expect(shown.nginxClosed).toBeGreaterThanOrEqual(before.nginxClosed);
    expect(shown.nginxClosed).toBeLessThanOrEqual(after.nginxClosed);
    const sick = findingOf(view, 'upstream-not-pooled', 'web-1');
    expect(sick?.severity).toBe('warning');
    const text = sick?.explanation.join(' ') ?? '';
    expect(text).toMatch(/closed by the backends?, \d[\d,]* by nginx/);
    expect(text).toMatch(/app\.conf:\d+/);
    expect(text).toMatch(/has no keepalive/);
    expect(sick?.notConcluded.join(' ')).toMatch(/not port exhaustion/);
    expect(findingOf(view, 'upstream-not-pooled', 'web-2')).toBeUndefined();
    const healthy = findingOf(view, 'client-connections-closed', 'web-2');
    expect(healthy?.explanation.join(' ')).toMatch(/nothing to fix/);
    await running.stopLoad();
    await running.fault('no-upstream-keepalive', ['web-1'], 'off');
  });

  it('reports the very numbers that /proc and ss give inside the host', async () => {
    const running: Lab = lab();
    await running.fault('no-upstream-keepalive', ['web-1'], 'on');
    await running.load({ ratePerHost: 60, seconds: 8 });
    await sleep(9000);
    await running.stopLoad();
    await using product = labProduct(running);
    // Without load, TIME_WAIT only falls: what the run reports lies between a look before and a look after.
    const before = await lookAtTimeWait(lab(), 'web-1');
    const view = await product.run('time-wait', 'web-1', { interval: '2' });
    const after = await lookAtTimeWait(lab(), 'web-1');
    const facts = await factsOf(product, view, 'web-1');
    const groups = facts.sockets?.groups.filter(({ state }) => state === 'TIME-WAIT') ?? [];
    const service = (port: number | null): boolean => port !== null && port >= 8080 && port <= 8082;
    const sum = (direction: string, end: 'local' | 'peer'): number =>
      groups
        .filter((group) => group.direction === direction && service(group[end].port))
        .reduce((total, { sockets }) => total + sockets, 0);
    expect(before.total).toBeGreaterThan(100);
    for (const [reported, name] of [
      [sum('accepted', 'local'), 'backendClosed'],
      [sum('connected', 'peer'), 'nginxClosed'],
    ] as const) {
      expect(reported).toBeLessThanOrEqual(before[name] + OWN);
      expect(reported).toBeGreaterThanOrEqual(after[name] - OWN);
    }
    expect(facts.sockstat?.timeWaitSockets).toBeLessThanOrEqual(before.total + OWN);
    expect(facts.sockstat?.timeWaitSockets).toBeGreaterThanOrEqual(after.total - OWN);
    const range = (await running.exec('web-1', ['cat', '/proc/sys/net/ipv4/ip_local_port_range'])).stdout
      .trim()
      .split(/\s+/)
      .map(Number);
    expect([facts.sysctl?.localPortRange.low, facts.sysctl?.localPortRange.high]).toEqual(range);
    await running.fault('no-upstream-keepalive', ['web-1'], 'off');
  });

  it('names the hosts that did not answer and still judges the others', async () => {
    const running: Lab = lab();
    await running.fault('host-down', ['web-2'], 'on');
    try {
      await using product = labProduct(running);
      const view = await product.run('service-port', '@web');
      expect(view.hosts.map(({ host, outcome }) => [host, outcome])).toEqual([
        ['web-1', 'ok'],
        ['web-2', 'unreachable'],
      ]);
      expect(view.run.state).toBe('finished');
    } finally {
      await running.fault('host-down', ['web-2'], 'off');
    }
  });
});
