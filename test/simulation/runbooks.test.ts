import { expect, it, onTestFinished } from 'vitest';
import { asPersonName } from '../../src/base/ids.ts';
import { createFastClock } from '../helpers/fast-clock.ts';
import { labProduct, type LabProduct } from '../helpers/lab-product.ts';
import { simulatedHosts } from '../helpers/simulation.ts';

/** The product on a simulated web host and a simulated database host, on which time passes fast. */
async function productOnSimulatedHosts(): Promise<LabProduct> {
  const clock = createFastClock(40);
  const product = labProduct(await simulatedHosts({ clock }), { clock, timing: { leaseTtlMs: 600_000 } });
  onTestFinished(() => product[Symbol.asyncDispose]());
  return product;
}

it('answers every step of every packaged runbook, and shows only what is wrong with a simulated web host', async () => {
  const product = await productOnSimulatedHosts();
  const found: Record<string, string[]> = {};
  for (const { name, steps: asked } of product.composition.context.runbooks.runbooks) {
    const { steps, findings } = await product.run(name, '@web');
    const unread = steps.filter(({ problem }) => problem !== null);
    expect(unread.map(({ probe, reason }) => `${probe}: ${reason}`)).toEqual([]);
    expect(steps).toHaveLength(asked.length);
    found[name] = findings.filter(({ severity }) => severity === 'warning').map(({ title }) => title);
  }
  const pool = 'Upstream connections are not pooled';
  const ports = 'Service ports inside the ephemeral range are not reserved';
  expect(found).toEqual({
    'time-wait': [pool, ports],
    'nginx-keepalive': [pool],
    'service-port': [ports],
    'sysctl-audit': [ports],
    'tcp-health': [],
  });
});

it('answers for a database host as one without nginx does, and finds nothing wrong with it', async () => {
  const product = await productOnSimulatedHosts();
  const { steps, findings } = await product.run('time-wait', 'simulated-db-1');
  const unanswered = steps.filter(({ problem }) => problem !== null).map(({ probe }) => probe);
  expect(unanswered.sort()).toEqual(['backend-idle', 'nginx-config', 'nginx-log', 'requests']);
  expect(findings.filter(({ severity }) => severity === 'warning' || severity === 'critical')).toEqual([]);
});

it('says that it is simulated, as its kernel and in its name', async () => {
  const product = await productOnSimulatedHosts();
  const { steps } = await product.run('sysctl-audit', '@web');
  const kernel = steps.find(({ probe }) => probe === 'kernel');
  expect(kernel?.stdout).toContain('simulated');
  expect(kernel?.host).toMatch(/^simulated-/);
});

it('passes the host check', async () => {
  const product = labProduct(await simulatedHosts());
  onTestFinished(() => product[Symbol.asyncDispose]());
  const asked = { person: asPersonName('requester'), surface: 'cli', selector: 'all' } as const;
  const { hosts } = await product.composition.engine.checkHosts(asked);
  expect(hosts.map(({ host, state }) => `${host} ${state}`)).toEqual(['simulated-web-1 ok', 'simulated-db-1 ok']);
  expect(hosts.flatMap(({ checks }) => checks.filter(({ state }) => state !== 'ok'))).toEqual([]);
});
