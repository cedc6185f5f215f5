import { z } from 'zod';
import { asAttemptId, asHostName, asPersonName, asProposalId, asRunId } from '../base/ids.ts';
import { ATTEMPT_STATES, CHANGE_STATES } from '../engine/state.ts';
import { PlanField } from './plan-field.ts';
import { isProbeId } from '../probes/registry.ts';

/*
 * What the database gives is parsed like everything that crosses a boundary: a row that another version or another hand
 * wrote fails loudly here instead of somewhere else.
 */

const RunIdField = z.number().transform(asRunId);
const HostField = z.string().transform(asHostName);
const PersonField = z.string().transform(asPersonName);
const ProposalField = z.string().transform(asProposalId);
const Surface = z.enum(['slack', 'cli']);
const ChangeStateField = z.enum(CHANGE_STATES);
const AttemptStateField = z.enum(ATTEMPT_STATES);
const OutcomeField = z.enum([
  'ok',
  'unreachable',
  'auth_failed',
  'host_key_mismatch',
  'host_key_unknown',
  'timed_out',
  'cancelled',
  'unknown',
]);

/** Text that holds JSON of this shape. */
function json<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

export const RunRow = z
  .object({
    id: RunIdField,
    runbook: z.string(),
    runbook_version: z.string(),
    params: json(z.record(z.string(), z.number())),
    selector: z.string(),
    requester: PersonField,
    surface: Surface,
    channel: z.string().nullable(),
    state: z.enum(['reading', 'finished', 'cancelled', 'failed']),
    detail: z.string().nullable(),
    revision: z.number(),
    created_at: z.number(),
    finished_at: z.number().nullable(),
  })
  .transform(({ runbook_version, created_at, finished_at, ...run }) => {
    return { ...run, runbookVersion: runbook_version, createdAt: created_at, finishedAt: finished_at };
  });

export const RunHostRow = z
  .object({
    host: HostField,
    state: z.enum(['waiting', 'reading', 'answered']),
    outcome: OutcomeField.nullable(),
    detail: z.string().nullable(),
    current_step: z.string().nullable(),
    step_since: z.number().nullable(),
    started_at: z.number().nullable(),
    finished_at: z.number().nullable(),
  })
  .transform(({ current_step, step_since, started_at, finished_at, ...host }) => {
    const step = { currentStep: current_step, stepSince: step_since };
    return { ...host, ...step, startedAt: started_at, finishedAt: finished_at };
  });

export const StepRow = z
  .object({
    host: HostField,
    probe: z.string(),
    exit_code: z.number().nullable(),
    duration_ms: z.number(),
    dropped_bytes: z.number(),
    stdout: z.string(),
    stderr: z.string(),
    problem: z.enum(['timed_out', 'sudo_refused', 'tool_missing', 'unreadable']).nullable(),
    reason: z.string().nullable(),
  })
  .transform(({ exit_code, duration_ms, dropped_bytes, ...step }) => {
    return { ...step, exitCode: exit_code, durationMs: duration_ms, droppedBytes: dropped_bytes };
  });

const ProbeField = z.string().refine(isProbeId, 'not a probe');

export const FactRow = z
  .object({ host: HostField, probe: ProbeField, at: z.number(), body: json(z.unknown()) })
  .transform(({ body, ...fact }) => ({ ...fact, fact: body }));

const Severity = z.enum(['critical', 'warning', 'info', 'ok']);

const Finding = z
  .object({
    rule: z.string(),
    severity: Severity,
    title: z.string(),
    explanation: z.array(z.string()),
    evidence: z.array(
      z
        .object({
          label: z.string(),
          value: z.union([z.number(), z.string()]),
          unit: z.string().optional(),
          source: z.string(),
        })
        .transform(({ unit, ...evidence }) => (unit === undefined ? evidence : { ...evidence, unit })),
    ),
    notConcluded: z.array(z.string()),
    confidence: z.enum(['high', 'medium', 'low']),
    groupKey: z.string(),
    blocks: z.array(z.enum(['nginx-config', 'network-namespace'])).optional(),
  })
  .transform(({ blocks, ...finding }) => (blocks === undefined ? finding : { ...finding, blocks }));

export const FindingRow = z
  .object({ host: HostField, body: json(Finding) })
  .transform(({ host, body }) => ({ host, finding: body }));

export const NotConcludedRow = z.object({ host: HostField, rule: z.string(), because: z.string() });

export const ProposalRow = z
  .object({
    id: ProposalField,
    run_id: RunIdField,
    number: z.number(),
    plan: json(PlanField),
    digest: z.string(),
    requester: PersonField,
    needed_approvals: z.number(),
    state: ChangeStateField,
    detail: z.string().nullable(),
    created_at: z.number(),
    expires_at: z.number(),
  })
  .transform(({ run_id, needed_approvals, created_at, expires_at, ...proposal }) => {
    return {
      ...proposal,
      runId: run_id,
      neededApprovals: needed_approvals,
      createdAt: created_at,
      expiresAt: expires_at,
    };
  });

export const ApprovalRow = z
  .object({
    proposal_id: ProposalField,
    digest: z.string(),
    person: PersonField,
    verdict: z.enum(['approve', 'reject']),
    reason: z.string().nullable(),
    surface: Surface,
    at: z.number(),
  })
  .transform(({ proposal_id, ...approval }) => ({ ...approval, proposal: proposal_id }));

export const UndoRequestRow = z
  .object({
    proposal_id: ProposalField,
    person: PersonField,
    reason: z.string().nullable(),
    surface: Surface,
    at: z.number(),
  })
  .transform(({ proposal_id, ...request }) => ({ ...request, proposal: proposal_id }));

export const AttemptRow = z
  .object({
    id: z.string().transform(asAttemptId),
    proposal_id: ProposalField,
    host: HostField,
    state: AttemptStateField,
    detail: z.string().nullable(),
    before_facts: json(z.unknown()).nullable(),
    statements: json(z.array(z.string())),
    updated_at: z.number(),
    applied_at: z.number().nullable(),
  })
  .transform(({ proposal_id, before_facts, updated_at, applied_at, ...attempt }) => {
    return {
      ...attempt,
      proposal: proposal_id,
      before: before_facts,
      updatedAt: updated_at,
      appliedAt: applied_at,
    };
  });

export const BrokenGlassRow = z
  .object({
    proposal_id: ProposalField,
    digest: z.string(),
    person: PersonField,
    reason: z.string(),
    surface: Surface,
    at: z.number(),
    reviewer: PersonField.nullable(),
    note: z.string().nullable(),
    reviewed_at: z.number().nullable(),
  })
  .transform(({ proposal_id, reviewer, note, reviewed_at, ...glass }) => ({
    ...glass,
    proposal: proposal_id,
    review:
      reviewer === null || note === null || reviewed_at === null ? null : { person: reviewer, note, at: reviewed_at },
  }));

export const GroupMembersRow = z
  .object({ group_id: z.string(), members: json(z.array(z.string())), at: z.number() })
  .transform(({ group_id, members, at }) => ({ group: group_id, members: new Set(members), at }));

export const AuditRow = z.object({
  at: z.number(),
  event: z.string(),
  actor: z.string(),
  surface: z.enum(['slack', 'cli', 'engine']),
  subject: z.string(),
  body: json(z.record(z.string(), z.unknown())),
});

/** A row as the domain knows it. Throws a plain Error that names the table: a damaged database is nobody's typing mistake. */
export function parseRow<S extends z.ZodType>(schema: S, row: unknown, table: string): z.output<S> {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`a row of ${table} is not as it must be: ${issue?.path.join('.')} ${issue?.message}`);
}
