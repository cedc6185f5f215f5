import { systemClock } from '../src/base/clock.ts';
import { systemIds } from '../src/base/ids.ts';
import { silentLogger } from '../src/base/logger.ts';
import { upLab } from '../src/lab/lab.ts';
import { labProduct } from '../test/helpers/lab-product.ts';
const [
  fault = '',
  rate = '150',
  wait = '10',
  runbook = 'time-wait',
  mode = 'keep-alive',
  params = 'interval=3,min_time_wait=100',
] = process.argv.slice(2);
const lab = await upLab({ logger: silentLogger, clock: systemClock, ids: systemIds, webHosts: 1 });
try {
  for (const f of fault.split('+').filter(Boolean)) await lab.fault(f, ['web-1'], 'on');
  await lab.load({ ratePerHost: Number(rate), mode: mode as 'close' });
  await new Promise((r) => setTimeout(r, Number(wait) * 1000));
  await using product = labProduct(lab);
  const p = Object.fromEntries(
    params
      .split(',')
      .filter(Boolean)
      .map((x) => x.split('=')),
  );
  const view = await product.run(runbook, 'web-1', p);
  console.log(JSON.stringify(view.hosts), view.run.state);
  for (const { findings } of view.findings)
    for (const { finding: f } of findings) {
      console.log(`\n[${f.severity}] ${f.rule}: ${f.title} (${f.confidence})\n  ` + f.explanation.join('\n  '));
      console.log('  NOT: ' + f.notConcluded.join(' | '));
      for (const e of f.evidence) console.log(`    - ${e.label}: ${e.value} ${e.unit ?? ''} (${e.source})`);
    }
  console.log(JSON.stringify(lab.loadProgress()));
  console.log((await lab.exec('web-1', ['ss', '-s'])).stdout.split('\n')[1]);
} finally {
  await lab.down();
}
