import { expect, it, onTestFinished } from 'vitest';
import type { ProposalView, RunView } from '../../src/engine/view.ts';
import type { Machine } from '../../src/simulation/machine.ts';
import { createFastClock } from '../helpers/fast-clock.ts';
import { findingOf, type LabProduct, labProduct } from '../helpers/lab-product.ts';
import { simulatedHosts } from '../helpers/simulation.ts';

const APP_CONF = '/etc/nginx/conf.d/app.conf';
const DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';
const RESERVED = 'net/ipv4/ip_local_reserved_ports';

interface Scene {
  readonly product: LabProduct;
  readonly machines: readonly Machine[];
}

/** The product on simulated web hosts, on which a minute takes a second and a half. */
async function scene(webHosts: number): Promise<Scene> {
  const clock = createFastClock(40);
  const simulation = await simulatedHosts({ clock, webHosts });
  const product = labProduct(simulation, { clock, timing: { leaseTtlMs: 600_000 } });
  onTestFinished(() => product[Symbol.asyncDispose]());
  return { product, machines: simulation.hosts.slice(0, webHosts).map(({ machine }) => machine) };
}

function proposalOf(view: RunView, remedy: string): ProposalView {
  const found = view.proposals.find(({ proposal }) => proposal.plan.remedy === remedy);
  if (!found) throw new Error(`there is no proposal of ${remedy}`);
  return found;
}

it('finds the missing pool, pools after an approval, proves it on one host before the other, and undoes it', async () => {
  const { product, machines } = await scene(2);
  const before = machines.map(({ files }) => files.get(APP_CONF));
  const run = await product.run('time-wait', '@web');
  expect(findingOf(run, 'upstream-not-pooled', 'simulated-web-1')?.explanation[0]).toBe(
    '180 new outgoing connections/s for 180 requests/s; 10,800 TIME_WAIT on 127.0.0.1:8080-8082: 9,720 closed by the backends, 1,080 by nginx.',
  );
  const { proposal } = proposalOf(run, 'pool-upstream-connections');
  const applied = proposalOf(await product.approve(proposal.id), 'pool-upstream-connections');
  expect(applied.proposal.state).toBe('proven');
  const [first, second] = applied.attempts;
  expect(second?.appliedAt ?? 0).toBeGreaterThan((first?.appliedAt ?? 0) + 75_000);
  for (const { statements } of applied.attempts) {
    expect(statements[0]).toMatch(
      /^New outgoing connections: 1[789]\d → 0(?:\.\d)?\/s at 1[789]\d → 1[789]\d requests\/s/,
    );
    expect(statements.join('\n')).toMatch(/1[01],\d{3} → 1[0-9] TIME_WAIT of these backends .*, predicted under 300\./);
  }
  expect(machines.map(({ files }) => files.get(APP_CONF)?.match(/keepalive 32;/g)?.length)).toEqual([3, 3]);

  const undone = proposalOf(await product.undo(proposal.id), 'pool-upstream-connections');
  expect(undone.attempts.map(({ state }) => state)).toEqual(['undone', 'undone']);
  expect(machines.map(({ files }) => files.get(APP_CONF))).toEqual(before);
  expect(machines.map(({ traffic }) => traffic.now().backends.map(({ opens }) => opens))).toEqual([
    [60, 60, 60],
    [62, 62, 62],
  ]);
});

it('reserves the service ports at runtime and at boot, finds nothing more then, and takes both back', async () => {
  const { product, machines } = await scene(1);
  const run = await product.run('service-port', '@web');
  const { proposal } = proposalOf(run, 'reserve-service-ports');
  const applied = proposalOf(await product.approve(proposal.id), 'reserve-service-ports');
  expect(applied.proposal.state).toBe('proven');
  expect(machines[0]?.setting(RESERVED)).toBe('8080-8082');
  expect(machines[0]?.files.get(DROP_IN)).toContain('net.ipv4.ip_local_reserved_ports = 8080-8082');
  expect((await product.run('service-port', '@web')).findings.map(({ severity }) => severity)).not.toContain('warning');
  await product.undo(proposal.id);
  expect([machines[0]?.setting(RESERVED), machines[0]?.files.get(DROP_IN)]).toEqual(['', undefined]);
});

it('takes a change back by itself when the bot goes away between applying and confirming', async () => {
  const { product, machines } = await scene(1);
  const [machine] = machines;
  const before = machine?.files.get(APP_CONF);
  const run = await product.run('time-wait', '@web');
  const { proposal } = proposalOf(run, 'pool-upstream-connections');
  const cutOff = product.approve(proposal.id).catch(() => {});
  await expect.poll(() => machine?.traffic.now().backends[0]?.opens, { interval: 5 }).toBe(0.06);
  await product[Symbol.asyncDispose]();
  await cutOff;
  await expect.poll(() => machine?.files.get(APP_CONF), { timeout: 15_000 }).toBe(before);
  await expect.poll(() => machine?.traffic.now().backends[0]?.opens).toBe(60);
});
