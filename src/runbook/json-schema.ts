import { z } from 'zod';
import type { Catalogue } from './catalogue.ts';
import { OfferEntry, RuleEntry, RunbookFile, StepEntry } from './schema.ts';

/** The JSON Schema of runbook files, with the names that exist, so that editors complete and check them. */
export function runbookJsonSchema(catalogue: Catalogue): unknown {
  const schema = RunbookFile.extend({
    steps: z
      .array(
        StepEntry.extend({ probe: named([...catalogue.probes.values()], 'Which question is asked of every host.') }),
      )
      .min(1),
    rules: z
      .array(RuleEntry.extend({ rule: named([...catalogue.rules.values()], 'Which rule judges the facts.') }))
      .min(1),
    offers: z
      .array(
        OfferEntry.extend({
          remedy: named([...catalogue.remedies.values()], 'Which fix is planned.'),
          for: z.array(named([...catalogue.rules.values()], 'A rule of this runbook.')).min(1),
        }),
      )
      .optional(),
  });
  return { title: 'Countersign runbook', ...z.toJSONSchema(schema) };
}

function named(items: readonly { readonly id: string; readonly title: string }[], description: string) {
  return z.union(items.map((item) => z.literal(item.id).describe(item.title))).describe(description);
}
