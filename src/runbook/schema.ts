import { z } from 'zod';

const Name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'use lower-case letters, digits and "-", starting with a letter');
const ParamName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and "_", starting with a letter');

/** A number, or `$param`: the value a run gives to a param. */
export const ValueText = z.union(
  [z.number(), z.string().regex(/^\$[a-z][a-z0-9_]*$/, 'expected a number or "$param"')],
  { error: 'expected a number or "$param"' },
);
export type ValueText = z.infer<typeof ValueText>;

/** A param of a runbook as its author writes it. */
const ParamEntry = z.strictObject({
  type: z.enum(['integer', 'number']).describe('What a run may give.'),
  default: z.number().describe('The value when a run gives none.'),
  min: z.number().optional().describe('The smallest value allowed.'),
  max: z.number().optional().describe('The largest value allowed.'),
  unit: z.string().optional().describe('The unit, shown beside the value: "seconds", "sockets".'),
  help: z.string().min(1).describe('One sentence for the person who runs it.'),
});

/** A read-only step: which probe asks, and for probes that measure rates, over how many seconds. */
export const StepEntry = z.strictObject({
  probe: z.string().describe('Which question is asked of every host.'),
  interval: ValueText.optional().describe('Seconds between the two samples of a probe that measures rates.'),
});

/** A rule that judges the facts, with the thresholds that this runbook sets. */
export const RuleEntry = z.strictObject({
  rule: z.string().describe('Which rule judges the facts.'),
  thresholds: z
    .record(z.string(), ValueText)
    .optional()
    .describe("Values for the rule's thresholds; the rest keep their defaults."),
});

/** A remedy that is planned when one of the named rules found a warning or worse. */
export const OfferEntry = z.strictObject({
  remedy: z.string().describe('Which fix is planned.'),
  for: z.array(z.string()).min(1).describe('The rules whose findings it answers.'),
  unless: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Earlier offers of this runbook; where one of them is proposed, this one is not.'),
});

/** A runbook file: what to ask, how to judge it, what to offer. Cross-references are checked by lint rules. */
export const RunbookFile = z.strictObject({
  name: Name.describe('The name people type; equal to the file name.'),
  title: z.string().min(1).max(80).describe('One line for lists and messages.'),
  description: z.string().min(1).describe('When to run it, what it tells, what it may offer.'),
  params: z.record(ParamName, ParamEntry).optional(),
  steps: z.array(StepEntry).min(1),
  rules: z.array(RuleEntry).min(1),
  offers: z.array(OfferEntry).optional(),
});
export type RunbookFile = z.infer<typeof RunbookFile>;
