import { OperatorError } from '../base/error.ts';
import { mapLimit } from '../base/map-limit.ts';
import type { Host } from '../inventory/host.ts';
import { selectHosts } from '../inventory/selector.ts';
import type { EngineContext } from './context.ts';
import { answerChecks, answerSteps, unanswered } from './host-check/answer.ts';
import { connectionChecks } from './host-check/connecting.ts';
import type { Check, HostCheck, HostCheckRequest, HostChecks } from './host-check/model.ts';
import { type HostRights, hostRights } from './host-rights.ts';
import { auditingRefusal } from './refusals.ts';

/**
 * Looks what works on hosts, side by side, and changes nothing: each is called anew, then asked over SSH. Whoever may run
 * a runbook on them may look. Throws request/* or policy/*; what hosts do or do not do is in the result.
 */
export async function checkHosts(context: EngineContext, request: HostCheckRequest): Promise<HostCheck> {
  const { person, surface, selector, signal = new AbortController().signal } = request;
  const hosts = selectHosts(context.inventory, selector);
  const names = hosts.map(({ name }) => name);
  const subject = `hosts:${selector.trim().slice(0, 200)}`;
  const wish = { actor: person, surface, event: 'check.denied', subject, body: { hosts: names } };
  await auditingRefusal(context, wish, () => requireMayLook(context, request, hosts));
  const { clock } = context;
  const startedMs = clock.monotonicMs();
  const rights = hostRights(context.runbooks.runbooks, context.catalogue);
  const checked = await mapLimit(hosts, context.timing.hostsAtOnce, (host) => checkHost(context, host, rights, signal));
  return { selector: selector.trim(), hosts: checked, durationMs: Math.round(clock.monotonicMs() - startedMs) };
}

/** Looking at a host is allowed to whoever may run any of the runbooks there. */
async function requireMayLook(
  { policy, runbooks }: EngineContext,
  { person }: HostCheckRequest,
  hosts: readonly Host[],
): Promise<void> {
  await policy.refresh();
  policy.person(person);
  let refusal: OperatorError | undefined;
  for (const { name } of runbooks.runbooks) {
    try {
      policy.requireMayRun(person, { runbook: name, hosts: hosts.map((host) => host.name) });
      return;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      refusal ??= error;
    }
  }
  if (refusal)
    throw new OperatorError('policy/not-permitted', {
      message: `${person} may not look at these hosts`,
      hint: `Whoever may run a runbook on all of them may. ${refusal.hint ?? ''}`.trim(),
    });
}

async function checkHost(
  context: EngineContext,
  host: Host,
  rights: HostRights,
  signal: AbortSignal,
): Promise<HostChecks> {
  const { transport, clock, redact } = context;
  const greeting = await transport.greet(host, { signal });
  const connected = connectionChecks(host, greeting, redact);
  if (greeting.failure) return summed(host, [...connected, ...unanswered()]);
  const fromMs = clock.now();
  const outcome = await transport.read(host, answerSteps(host, rights), { signal });
  const answered = answerChecks({ host, rights, outcome, redact, asked: { fromMs, toMs: clock.now() } });
  return summed(host, [...connected, ...answered]);
}

function summed({ name }: Host, checks: readonly Check[]): HostChecks {
  const states = checks.map(({ state }) => state);
  const state = states.includes('failed') ? 'failed' : states.includes('warning') ? 'warning' : 'ok';
  return { host: name, state, checks };
}
