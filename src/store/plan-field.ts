import { z } from 'zod';
import { asHostName } from '../base/ids.ts';

const HostField = z.string().transform(asHostName);

const Action = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sysctl'), key: z.string(), before: z.string(), after: z.string() }),
  z.object({ kind: z.literal('file'), path: z.string(), before: z.string().nullable(), after: z.string() }),
  z.object({
    kind: z.literal('edit'),
    path: z.string(),
    sha256: z.string(),
    splices: z.array(z.object({ at: z.number(), remove: z.number(), insert: z.string() })),
    shown: z.array(z.object({ mark: z.enum([' ', '-', '+']), line: z.number().nullable(), text: z.string() })),
  }),
  z.object({
    kind: z.literal('nginx'),
    binary: z.string(),
    conf: z.string().nullable(),
    prefix: z.string().nullable(),
  }),
]);

const HostPlan = z
  .object({
    host: HostField,
    actions: z.array(Action),
    basis: z.record(z.string(), z.unknown()),
    predicted: z.array(z.string()),
    targets: z.record(z.string(), z.number()).optional(),
    risks: z.array(z.string()),
    proof: z.array(z.string()),
    confirm: z.array(z.string()).optional(),
  })
  .transform(({ targets, confirm, ...plan }) => ({
    ...plan,
    ...(targets === undefined ? {} : { targets }),
    ...(confirm === undefined ? {} : { confirm }),
  }));

const Rollout = z.object({
  batches: z.array(z.array(HostField)),
  confirmWithinSeconds: z.number(),
  unproven: z.enum(['keep', 'undo']),
  slowProof: z.boolean(),
});

const Plan = z.object({
  /** Absent in what was stored before plans named it. */
  runbook: z.string().default(''),
  remedy: z.string(),
  title: z.string(),
  risk: z.enum(['low', 'medium', 'high']),
  hosts: z.array(HostPlan),
  rollout: Rollout.optional(),
  typed: z.array(z.string()).default([]),
  left: z.array(
    z.object({
      host: HostField,
      kind: z.enum(['nothing', 'refused', 'advice']),
      reason: z.string(),
      text: z.string().optional(),
    }),
  ),
});

/** How many seconds a host of a plan that names none waits for confirmation. */
const CONFIRM_WITHIN_SECONDS = 120;

/** The stored plan of a proposal; one that was stored before plans had a rollout goes host by host. */
export const PlanField = Plan.transform(({ rollout, ...plan }) => ({
  ...plan,
  rollout: rollout ?? {
    batches: plan.hosts.map(({ host }) => [host]),
    confirmWithinSeconds: CONFIRM_WITHIN_SECONDS,
    unproven: 'keep' as const,
    slowProof: false,
  },
}));
