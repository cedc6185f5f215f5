import { expect, it } from 'vitest';
import { changeScript, readCommand, readScript } from '../../src/base/command.ts';
import { systemClock } from '../../src/base/clock.ts';
import { probeById } from '../../src/probes/registry.ts';
import { parseInventory } from '../../src/inventory/load.ts';
import { testGrant } from '../helpers/grant.ts';
import { simulatedHosts } from '../helpers/simulation.ts';
import { transportWith } from '../helpers/ssh-transport.ts';

async function oneHost() {
  const simulation = await simulatedHosts();
  const [host] = parseInventory('inventory.yaml', simulation.inventoryYaml()).hosts;
  if (!host) throw new Error('there is no simulated host');
  return host;
}

const NOT_SIMULATED = 'simulated host: this command is not simulated\n';

it('answers a command that it does not know as a host without that tool, and goes on', async () => {
  const host = await oneHost();
  await using transport = transportWith();
  const kernel = probeById('kernel').command({ sudo: false, intervalSeconds: 1 });
  const step = (id: string, command: typeof kernel) => ({ id, command, timeoutMs: 5000 });
  const altered = readScript(`${kernel.argv[2]}\nreboot`);
  const steps = [step('uptime', readCommand(['uptime'])), step('altered', altered), step('kernel', kernel)];
  const outcome = await transport.read(host, steps, { signal: new AbortController().signal });
  expect(outcome.steps.map(({ id, exitCode, stderr }) => ({ id, exitCode, stderr }))).toEqual([
    { id: 'uptime', exitCode: 127, stderr: NOT_SIMULATED },
    { id: 'altered', exitCode: 127, stderr: NOT_SIMULATED },
    { id: 'kernel', exitCode: 0, stderr: '' },
  ]);
});

it('changes nothing but under a receipt', async () => {
  const host = await oneHost();
  await using transport = transportWith();
  const options = { signal: new AbortController().signal, timeoutMs: 5000 };
  const grant = testGrant([host.name], systemClock.now() + 60_000);
  const outcome = await transport.change(host, changeScript('nginx -s stop'), grant, options);
  expect(outcome).toEqual({ kind: 'ok', exitCode: 127, stdout: '', stderr: NOT_SIMULATED });
});

it('ends a step at its limit, and goes on', async () => {
  const host = await oneHost();
  await using transport = transportWith();
  const counters = probeById('tcp-counters').command({ sudo: false, intervalSeconds: 30 });
  const kernel = probeById('kernel').command({ sudo: false, intervalSeconds: 1 });
  const steps = [
    { id: 'counters', command: counters, timeoutMs: 1000 },
    { id: 'kernel', command: kernel, timeoutMs: 1000 },
  ];
  const outcome = await transport.read(host, steps, { signal: new AbortController().signal });
  expect(outcome).toMatchObject({ kind: 'ok', steps: [{ exitCode: null }, { exitCode: 0 }] });
});
