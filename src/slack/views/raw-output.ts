import { plainText } from '../../base/plain-text.ts';
import { evidenceLine } from '../../engine/phrases.ts';
import type { RunView } from '../../engine/view.ts';

/** Everything a run rests on as one text file: the numbers behind the findings, then what every step printed. */
export function renderRawOutput(view: RunView): string {
  const evidence = view.findings.flatMap(({ findings }) =>
    findings.flatMap(({ host, finding }) => [
      `${host}: ${finding.title}`,
      ...finding.evidence.map((item) => `  ${evidenceLine(item)}`),
      '',
    ]),
  );
  const steps = view.steps.flatMap((step) => [
    `===== ${step.host} · ${step.probe} · exit ${step.exitCode ?? 'none (stopped at its time limit)'} · ${step.durationMs} ms${step.droppedBytes > 0 ? ` · ${step.droppedBytes} bytes left out` : ''}`,
    ...(step.reason === null ? [] : [`no fact: ${step.reason}`]),
    step.stdout.trimEnd(),
    ...(step.stderr.trim() === '' ? [] : ['----- stderr', step.stderr.trimEnd()]),
    '',
  ]);
  return plainText(
    [`run ${view.run.id}: ${view.run.runbook} on ${view.run.selector}`, '', ...evidence, ...steps].join('\n'),
  );
}
