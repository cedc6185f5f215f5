import { existsSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeById } from '../../../src/probes/registry.ts';
import { widenPortRangeRemedy } from '../../../src/remedies/widen-port-range/index.ts';
import { connectedGroup, listenersFact, socketsFact } from '../../helpers/network-facts.ts';
import { planInput, planOf } from '../../helpers/planning.ts';
import { createReceiptHost, newAttempt, type ReceiptHost } from '../../helpers/receipt-host.ts';

const SETTINGS = 'cd /proc/sys/net/ipv4 && cat ip_local_port_range ip_local_reserved_ports';
const DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';

async function ask<Id extends 'sysctl' | 'sysctl-files'>({ host }: ReceiptHost, id: Id) {
  const probe = probeById(id);
  const ran = await host.run(probe.command({ sudo: false, intervalSeconds: 1 }).argv);
  const parsed = probe.parse({ ...ran, exitCode: ran.exitCode ?? -1, droppedBytes: 0 });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.fact;
}

describe('a wider range under a receipt', () => {
  it('is applied in order touching what the remedy names, read back, and undone to what was there', async () => {
    const host = await createReceiptHost('/bin/dash');
    onTestFinished(() => host[Symbol.asyncDispose]());
    await host.sh('echo 9000 >/proc/sys/net/ipv4/ip_local_reserved_ports');
    const was = await host.sh(SETTINGS);
    const before = {
      sysctl: await ask(host, 'sysctl'),
      'sysctl-files': await ask(host, 'sysctl-files'),
      listeners: listenersFact('127.0.0.1:20000'),
      sockets: socketsFact([connectedGroup('TIME-WAIT', '10.0.0.5:8080', 20_000, '10.0.0.1')]),
    };
    const plan = planOf(widenPortRangeRemedy.plan(planInput(before)));
    const id = newAttempt();
    expect((await host.apply(id, plan.actions)).state).toBe('done');
    expect(await host.sh(SETTINGS)).toBe('10240\t65535\n9000,20000\n');
    const after = {
      ...before,
      sysctl: await ask(host, 'sysctl'),
      'sysctl-files': await ask(host, 'sysctl-files'),
    };
    expect(widenPortRangeRemedy.proofs[0].judge(plan, before, after).outcome).toBe('proven');
    const settings = host.host.sudoRan().filter((line) => line.includes('/proc/sys/'));
    expect(settings).toEqual([
      'tee /proc/sys/net/ipv4/ip_local_reserved_ports',
      'tee /proc/sys/net/ipv4/ip_local_port_range',
    ]);
    expect(settings).toEqual(
      widenPortRangeRemedy.touches.sysctls.map((key) => `tee /proc/sys/${key.replaceAll('.', '/')}`),
    );

    expect(widenPortRangeRemedy.plan(planInput(after, plan)).kind).toBe('nothing');
    expect((await host.undo(id, plan.actions)).state).toBe('done');
    expect(await host.sh(SETTINGS)).toBe(was);
    expect(await host.sh('[ -e "$1" ] || echo gone', DROP_IN)).toBe('gone\n');
    expect(existsSync(DROP_IN)).toBe(false);
  });
});
