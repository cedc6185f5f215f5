import { unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { NginxLoadedFact } from './fact.ts';

/**
 * Reads, per master, `worker EPOCH` lines and at most one `config EPOCH PATH`; `none` when nginx does not run.
 * With several masters the one whose configuration is newest relative to its workers is told.
 */
export function parseNginxLoaded(output: ProbeOutput): Parsed<NginxLoadedFact> {
  if (/^(?:skipped \d+\n)+$/.test(output.stdout)) {
    return unreadable(
      output,
      'The nginx master belongs to another user, so its configuration files were not looked at.',
    );
  }
  if (!/^(?:none|master \d+)$/m.test(output.stdout)) {
    return unreadable(
      output,
      'Expected nginx masters and the times of their workers, but the output has another form.',
    );
  }
  const facts = output.stdout.split(/^(?=master \d+$)/m).map(parseMaster);
  const [first = { oldestWorkerStartedAt: null, newestConfig: null }, ...rest] = facts;
  return { ok: true, fact: rest.reduce((worst, fact) => (lag(fact) > lag(worst) ? fact : worst), first) };
}

function parseMaster(block: string): NginxLoadedFact {
  const starts = [...block.matchAll(/^worker (\d+)$/gm)].map((match) => Number(match[1]));
  const [, modifiedAt, path] = /^config (\d+) (\/.+)$/m.exec(block) ?? [];
  return {
    oldestWorkerStartedAt: starts.length === 0 ? null : Math.min(...starts),
    newestConfig: path === undefined ? null : { path, modifiedAt: Number(modifiedAt) },
  };
}

/** Seconds by which the configuration is newer than the oldest worker; unknown ones come last. */
function lag(fact: NginxLoadedFact): number {
  if (fact.oldestWorkerStartedAt === null || fact.newestConfig === null) return Number.NEGATIVE_INFINITY;
  return fact.newestConfig.modifiedAt - fact.oldestWorkerStartedAt;
}
