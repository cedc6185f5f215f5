import { it } from 'vitest';
import { withLab } from '/work/main/test/helpers/lab.ts';
import { labProduct } from '/work/main/test/helpers/lab-product.ts';
import { writeFileSync } from 'node:fs';
const out: string[] = [];
it('explores', { timeout: 500_000 }, async () => {
  await withLab({ webHosts: 1 }, async (lab) => {
    await using product = labProduct(lab);
    for (const [fault, load, runbooks] of [
      [null, { ratePerHost: 150 }, ['time-wait', 'tcp-health', 'sysctl-audit']],
      ['small-pool', { ratePerHost: 200 }, ['nginx-keepalive']],
      ['client-close', { ratePerHost: 150 }, ['nginx-keepalive']],
      ['short-backend-idle', { ratePerHost: 100 }, ['nginx-keepalive']],
      ['accept-queue', { ratePerHost: 50 }, ['tcp-health']],
    ] as const) {
      try {
      if (fault) await lab.fault(fault, ['web-1'], 'on');
      await lab.load({ ...load, seconds: 100 } as never);
      await new Promise((r) => setTimeout(r, 12_000));
      for (const runbook of runbooks) {
        const t = Date.now();
        const view = await product.run(runbook, '@web', { interval: '5', ...(runbook.includes('tcp') || runbook.includes('sysctl') ? {} : { min_time_wait: '100' }) });
        out.push(`##### fault ${fault} runbook ${runbook} took ${Date.now() - t} ms`);
        const facts = await product.composition.context.store.runs.facts(view.run.id);
        out.push(JSON.stringify([...facts].filter((f: any) => ['requests', 'backend-idle', 'upstream-peak', 'conntrack'].includes(f.probe)).map((f: any) => [f.probe, f.fact]), null, 0));
        const steps = await (product.composition.context.store.runs as any).steps?.(view.run.id);
        out.push(JSON.stringify((steps ?? []).map((s: any) => [s.probe, s.durationMs, s.problem, s.reason])));
        out.push(JSON.stringify(view.findings, null, 1));
        out.push('notConcluded ' + JSON.stringify((view as any).notConcluded ?? null));
      }
      await lab.stopLoad();
      if (fault) await lab.fault(fault, ['web-1'], 'off');
      } catch (e) { out.push('ERR ' + String(e) + (e as Error).stack); await lab.stopLoad().catch(() => {}); if (fault) await lab.fault(fault, ['web-1'], 'off').catch(() => {}); }
    }
  });
  writeFileSync('/tmp/helper-d/lab.out', out.join('\n'));
});
