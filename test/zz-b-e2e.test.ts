import { it } from 'vitest';
import { attemptSentences } from '/work/main/src/engine/phrases.ts';
import { testLab } from '/work/main/test/helpers/lab.ts';
import { labProduct } from '/work/main/test/helpers/lab-product.ts';
import { shownText } from '/work/main/test/helpers/nginx-edit.ts';
const lab = testLab({ webHosts: 5 });
const FAULTS = ['no-upstream-keepalive', 'half-fix', 'small-pool', 'websocket-map', 'low-keepalive-requests'];
it('e2e', { timeout: 400_000 }, async () => {
  const running = lab();
  for (const [i, fault] of FAULTS.entries()) await running.fault(fault, [`web-${i + 1}`], 'on');
  await running.load({ ratePerHost: 100, seconds: 300 });
  await new Promise((r) => setTimeout(r, 25_000));
  await using product = labProduct(running);
  const view = await product.run('time-wait', '@web', { interval: '3', min_time_wait: '200' });
  for (const { findings } of view.findings) for (const f of findings) console.log(f.host, f.finding.rule, f.finding.title, '|', f.finding.explanation.join(' ').slice(0, 300));
  for (const { proposal } of view.proposals) {
    console.log('PROPOSAL', proposal.id, proposal.plan.remedy ?? '', JSON.stringify(Object.keys(proposal.plan)));
    for (const host of proposal.plan.hosts as any[]) console.log(JSON.stringify({ ...host, actions: undefined }, null, 1).slice(0, 2500), '\n' + shownText((host.plan ?? host).actions ?? []));
    const [done] = (await product.approve(proposal.id)).proposals.filter((p) => p.proposal.id === proposal.id);
    console.log('DONE', done?.proposal.state, done && attemptSentences(done).join('\n'));
  }
  console.log(await running.stopLoad());
});
