import { it } from 'vitest';
import { withLab } from './helpers/lab.ts';
import { labProduct } from './helpers/lab-product.ts';
import { appendFileSync, writeFileSync } from 'node:fs';
const say = (text: string) => appendFileSync('/tmp/helper-d/lab2.out', `${text}\n`);
writeFileSync('/tmp/helper-d/lab2.out', '');
it('explores', { timeout: 500_000 }, async () => {
  await withLab({ webHosts: 1 }, async (lab) => {
    await using product = labProduct(lab);
    for (const [fault, load, runbook] of [
      [null, { ratePerHost: 150 }, 'time-wait'],
      ['half-fix', { ratePerHost: 150 }, 'time-wait'],
      ['websocket-map', { ratePerHost: 150 }, 'nginx-keepalive'],
      ['low-keepalive-requests', { ratePerHost: 200 }, 'nginx-keepalive'],
      ['tw-buckets', { ratePerHost: 150 }, 'sysctl-audit'],
      ['narrow-port-range', { ratePerHost: 150 }, 'tcp-health'],
      ['config-not-loaded', { ratePerHost: 50 }, 'nginx-keepalive'],
      ['nginx-in-other-namespace', { ratePerHost: 50 }, 'time-wait'],
    ] as const) {
      try {
        if (fault) await lab.fault(fault, ['web-1'], 'on');
        await lab.load({ ...load, seconds: 100 } as never);
        await new Promise((r) => setTimeout(r, 10_000));
        const t = Date.now();
        const view = await product.run(runbook, '@web', { interval: '3', ...(runbook.includes('tcp') || runbook.includes('sysctl') ? {} : { min_time_wait: '100' }) });
        say(`##### fault ${fault} runbook ${runbook} took ${Date.now() - t} ms`);
        const steps = await (product.composition.context.store.runs as any).steps(view.run.id);
        if (!fault) for (const s of steps) if (['requests', 'backend-idle', 'upstream-peak', 'peer-timestamps'].includes(s.probe)) say(`@@ ${s.probe}\n${s.stdout}@@`);
        for (const s of steps) if (s.problem) say(`problem ${s.probe} ${s.problem} ${s.reason}`);
        for (const g of view.findings) for (const { finding: f } of g.findings) say(`${f.severity} ${f.rule} [${f.confidence}] ${f.title}\n   ${f.explanation.join('\n   ')}\n   NOT: ${f.notConcluded.join(' | ')}`);
        say('notConcluded ' + JSON.stringify((view as any).notConcluded ?? null));
        await lab.stopLoad();
        if (fault) await lab.fault(fault, ['web-1'], 'off');
      } catch (e) { say('ERR ' + String(e) + (e as Error).stack); await lab.stopLoad().catch(() => {}); if (fault) await lab.fault(fault, ['web-1'], 'off').catch(() => {}); }
    }
  });
});
