import { isoTime } from '../../base/clock.ts';
import type { BrokenGlass } from '../../engine/broken-glass.ts';
import type { HistoryEntry } from '../../engine/ports.ts';
import type { RunView } from '../../engine/view.ts';

/** A run as JSON: instants in ISO 8601, everything else as stored. */
export function runJson(view: RunView, options: { readonly raw: boolean }): unknown {
  const { run, hosts, findings, notConcluded, proposals, steps } = view;
  return {
    run: {
      ...run,
      createdAt: isoTime(run.createdAt),
      finishedAt: run.finishedAt === null ? null : isoTime(run.finishedAt),
    },
    hosts,
    findings: findings.flatMap((group) => group.findings.map(({ host, finding }) => ({ host, ...finding }))),
    notConcluded,
    proposals: proposals.map(({ proposal, approvals, attempts, undoRequests, brokenGlass, canUndo }) => ({
      ...proposal,
      createdAt: isoTime(proposal.createdAt),
      expiresAt: isoTime(proposal.expiresAt),
      approvals: approvals.map((approval) => ({ ...approval, at: isoTime(approval.at) })),
      brokenGlass: brokenGlass ? glassJson(brokenGlass) : null,
      undoRequests: undoRequests.map((request) => ({ ...request, at: isoTime(request.at) })),
      attempts: attempts.map(({ before: _before, ...attempt }) => ({
        ...attempt,
        updatedAt: isoTime(attempt.updatedAt),
      })),
      canUndo,
    })),
    ...(options.raw ? { steps } : {}),
  };
}

/** Broken glass and its review as JSON. */
export function glassJson({ at, review, ...glass }: BrokenGlass): unknown {
  return { ...glass, at: isoTime(at), review: review && { ...review, at: isoTime(review.at) } };
}

/** A line of history as JSON. */
export function historyJson({ run, hosts, worst, findings, proposals }: HistoryEntry): unknown {
  return {
    run: {
      ...run,
      createdAt: isoTime(run.createdAt),
      finishedAt: run.finishedAt === null ? null : isoTime(run.finishedAt),
    },
    hosts,
    worst,
    findings,
    proposals,
  };
}
