import { formatDuration } from '../../base/duration.ts';
import type { SourceLocation } from '../../base/error.ts';
import type { Remedy } from '../../remedies/remedy.ts';
import { leastConfirmWithinMs } from '../rollout.ts';
import type { PolicyRule } from './rules.ts';

/** The time to confirm that a rule of the policy gives, and where it does. */
export interface Deadline {
  readonly rule: PolicyRule;
  readonly location: SourceLocation;
}

/** A time to confirm that is too short for remedies: they get the time that they need all the same. */
interface ShortDeadline {
  /** `policy.yaml:8:52` */
  readonly at: string;
  readonly asked: string;
  /** Each remedy that the rule is about and that needs more, with the time that it gets: `pool-upstream: 1 min 15 s`. */
  readonly given: readonly string[];
}

/** The rules whose time to confirm is not kept to, because the fast signal of remedies would come too late for it. */
export function shortDeadlines(deadlines: readonly Deadline[], remedies: Iterable<Remedy>): readonly ShortDeadline[] {
  const all = [...remedies].filter(changesHosts);
  return deadlines.flatMap(({ rule, location }): ShortDeadline[] => {
    const { confirmWithinMs } = rule.terms;
    const short = all.filter((remedy) => isAbout(rule, remedy) && leastConfirmWithinMs(remedy) > confirmWithinMs);
    if (short.length === 0) return [];
    const given = short.map((remedy) => `${remedy.id}: ${formatDuration(leastConfirmWithinMs(remedy))}`);
    const at = `${location.file}:${location.line}:${location.column}`;
    return [{ at, asked: formatDuration(confirmWithinMs), given }];
  });
}

/** Some remedies only advise. */
function changesHosts({ touches: { sysctls, files, nginx } }: Remedy): boolean {
  return nginx || sysctls.length + files.length > 0;
}

function isAbout({ match: { remedies, risks } }: PolicyRule, { id, risk }: Remedy): boolean {
  return (remedies?.includes(id) ?? true) && (risks?.includes(risk) ?? true);
}
