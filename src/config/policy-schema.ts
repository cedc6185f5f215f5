import { z } from 'zod';

const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'use letters, digits, "_" and "-", starting with a letter');

/** One word or several. */
const Words = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
export type Words = z.infer<typeof Words>;

const Roles = z.array(Name);

const RoleEntry = z.strictObject({
  people: z.array(z.string().min(1)).optional(),
  slack_groups: z
    .array(z.string().regex(/^S[A-Z0-9]+$/, 'expected the id of a Slack user group such as S012ABCDEF'))
    .optional(),
  unix_groups: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/, 'expected the name of a Unix group'))
    .optional(),
});

const Percent = z.string().regex(/^(?:100|[1-9]?\d)%$/, 'expected a percentage such as 50%');

const RolloutEntry = z.strictObject({
  batches: z
    .array(z.union([z.int().min(1), Percent]))
    .min(1)
    .optional(),
  unproven: z.enum(['keep', 'undo']).optional(),
  confirm_within: z.string().optional(),
  coverage: Percent.optional(),
});
export type RolloutEntry = z.infer<typeof RolloutEntry>;

const Risk = z.enum(['low', 'medium', 'high']);

const RuleEntry = z.strictObject({
  match: z
    .strictObject({
      runbooks: Words.optional(),
      remedies: Words.optional(),
      risk: z.union([Risk, z.array(Risk).min(1)]).optional(),
      hosts: Words.optional(),
      environments: Words.optional(),
    })
    .optional(),
  run: Roles.optional(),
  approve: Roles.optional(),
  approvals: z.int().min(1).max(20).optional(),
  expire_after: z.string().optional(),
  confirm: z.enum(['typed', 'click']).optional(),
  rollout: RolloutEntry.optional(),
});
export type RuleEntry = z.infer<typeof RuleEntry>;

const LocalDateTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d$/, 'expected a local date and time such as 2026-12-24T18:00');
const TimeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'expected a time of day such as 08:00');

/** Days as people write them, at the place that `Date` gives them. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const FreezeEntry = z.strictObject({
  name: z.string().min(1).max(100),
  hosts: Words.optional(),
  environments: Words.optional(),
  time_zone: z.string().min(1),
  from: LocalDateTime.optional(),
  until: LocalDateTime.optional(),
  weekly: z.strictObject({ days: z.array(z.enum(DAYS)).min(1), from: TimeOfDay, until: TimeOfDay }).optional(),
});
export type FreezeEntry = z.infer<typeof FreezeEntry>;

/** The policy file: who may do what. */
export const PolicyFile = z.strictObject({
  roles: z.record(Name, RoleEntry).optional(),
  rules: z.array(RuleEntry).optional(),
  freezes: z.array(FreezeEntry).optional(),
  break_glass: z
    .strictObject({
      allow: Roles.min(1),
      channel: z.string().regex(/^[CG][A-Z0-9]+$/, 'expected the id of a Slack channel such as C012ABCDEF'),
    })
    .optional(),
});
export type PolicyFile = z.infer<typeof PolicyFile>;
