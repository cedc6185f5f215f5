import type { Host } from '../inventory/host.ts';
import type { Facts, ProbeId } from '../probes/registry.ts';
import { askQuestions, type Question, readAnswer } from './asking.ts';
import type { EngineContext } from './context.ts';

/** The facts that are wanted: all of `needs`, and those of `uses` that the host gives. */
export interface Wanted {
  readonly needs: readonly ProbeId[];
  readonly uses?: readonly ProbeId[];
  /** Time between two samples of a probe that measures rates, in seconds. */
  readonly intervalSeconds?: number;
}

/** Facts read for a change, or a sentence that says why a needed one is missing. */
export type FreshFacts =
  | { readonly facts: Facts; readonly detail?: undefined }
  | { readonly facts?: undefined; readonly detail: string };

/** The seconds between samples when facts are read for a change and it does not say. */
const INTERVAL_SECONDS = 2;

/** Reads a host's facts now. */
export async function readFreshFacts(
  context: EngineContext,
  host: Host,
  { needs, uses = [], intervalSeconds = INTERVAL_SECONDS }: Wanted,
  signal: AbortSignal,
): Promise<FreshFacts> {
  const questions = [...new Set([...needs, ...uses])].flatMap((id): Question[] => {
    const probe = context.catalogue.probes.get(id);
    return probe ? [{ probe, intervalSeconds }] : [];
  });
  const outcome = await askQuestions(context.transport, host, questions, { signal });
  if (outcome.kind !== 'ok') return { detail: context.redact(outcome.detail) };
  const { facts, steps } = readAnswer(outcome, questions, context.redact);
  const missing = needs.find((id) => facts[id] === undefined);
  if (missing === undefined) return { facts };
  const reason = steps.find((step) => step.probe === missing)?.reason;
  return { detail: `${missing}: ${reason ?? 'no answer'}`.replace(/[^.!?]$/, '$&.') };
}
