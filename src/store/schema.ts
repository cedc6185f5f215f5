import type { Generated, Kysely, Transaction } from 'kysely';

/** Tables as migrations/ creates them; JSON columns are text. */
export interface Tables {
  readonly runs: {
    id: Generated<number>;
    runbook: string;
    runbook_version: string;
    params: string;
    selector: string;
    requester: string;
    surface: string;
    channel: string | null;
    state: string;
    detail: string | null;
    revision: Generated<number>;
    created_at: number;
    finished_at: number | null;
  };
  readonly run_hosts: {
    run_id: number;
    host: string;
    position: number;
    state: string;
    outcome: string | null;
    detail: string | null;
    current_step: string | null;
    step_since: number | null;
    started_at: number | null;
    finished_at: number | null;
  };
  readonly steps: {
    run_id: number;
    host: string;
    position: number;
    probe: string;
    exit_code: number | null;
    duration_ms: number;
    dropped_bytes: number;
    stdout: string;
    stderr: string;
    problem: string | null;
    reason: string | null;
  };
  readonly facts: { run_id: number; host: string; probe: string; at: number; body: string };
  readonly fact_numbers: { host: string; name: string; at: number; value: number; run_id: number };
  readonly findings: {
    run_id: number;
    position: number;
    host: string;
    rule: string;
    severity: string;
    title: string;
    body: string;
  };
  readonly not_concluded: { run_id: number; position: number; host: string; rule: string; because: string };
  readonly proposals: {
    id: string;
    run_id: number;
    number: number;
    plan: string;
    digest: string;
    requester: string;
    needed_approvals: number;
    state: string;
    detail: string | null;
    created_at: number;
    expires_at: number;
  };
  readonly approvals: {
    proposal_id: string;
    person: string;
    digest: string;
    verdict: string;
    reason: string | null;
    surface: string;
    at: number;
  };
  readonly undo_requests: {
    id: Generated<number>;
    proposal_id: string;
    person: string;
    reason: string | null;
    surface: string;
    at: number;
  };
  readonly attempts: {
    id: string;
    proposal_id: string;
    position: number;
    host: string;
    state: string;
    detail: string | null;
    before_facts: string | null;
    statements: Generated<string>;
    updated_at: number;
    applied_at: number | null;
  };
  readonly leases: { subject: string; owner: string | null; token: number; expires_at: number };
  readonly messages: { subject: string; channel: string; ts: string | null; rendered_revision: Generated<number> };
  readonly deliveries: { key: string; at: number };
  readonly audit: {
    seq: Generated<number>;
    at: number;
    event: string;
    actor: string;
    surface: string;
    subject: string;
    body: string;
    previous: string;
    hash: string;
  };
  readonly audit_head: { id: number; seq: number; hash: string };
  readonly broken_glass: {
    proposal_id: string;
    digest: string;
    person: string;
    reason: string;
    surface: string;
    at: number;
    reviewer: string | null;
    note: string | null;
    reviewed_at: number | null;
  };
  readonly group_members: { group_id: string; members: string; at: number };
}

/** The database, outside a transaction. */
export type Database = Kysely<Tables>;
/** The database or a transaction on it; functions that take it may be part of a larger transaction. */
export type Executor = Kysely<Tables> | Transaction<Tables>;
