import type { Redact } from '../../base/redact.ts';
import type { Host } from '../../inventory/host.ts';
import type { Parsed } from '../../probes/probe.ts';
import { probeById } from '../../probes/registry.ts';
import type { HostRights } from '../host-rights.ts';
import type { ReadOutcome, ReadStep, StepOutput } from '../transport.ts';
import { check, notReached } from './check.ts';
import { clockCommand, judgeClock, parseClock } from './clock.ts';
import { broken } from './connecting.ts';
import type { Check, CheckId } from './model.ts';
import { judgeNginx } from './nginx.ts';
import { judgeSudo, parseSudo, sudoCommand, sudoListCommand } from './sudo.ts';
import { judgeTools, NGINX, parseTools, toolsCommand } from './tools.ts';

const STEP_MS = 20_000;
const AFTER_LOGIN = ['sudo', 'tools', 'nginx', 'clock'] as const satisfies readonly CheckId[];

/** The steps that ask a host what works on it. */
export function answerSteps(host: Host, { reads, changes }: HostRights): ReadStep[] {
  const context = { sudo: host.sudo === 'passwordless', intervalSeconds: 1 };
  const asked = (id: 'nginx-process' | 'network-namespace'): ReadStep => {
    const probe = probeById(id);
    return { id, command: probe.command(context), timeoutMs: probe.timeoutMs(context) };
  };
  return [
    { id: 'clock', command: clockCommand(), timeoutMs: STEP_MS },
    { id: 'sudo', command: sudoCommand([...reads, ...changes]), timeoutMs: STEP_MS },
    { id: 'sudo-list', command: sudoListCommand(), timeoutMs: STEP_MS },
    { id: 'tools', command: toolsCommand(), timeoutMs: STEP_MS },
    asked('nginx-process'),
    asked('network-namespace'),
  ];
}

/** The checks that take a login, for a host without one. */
export function unanswered(): Check[] {
  return AFTER_LOGIN.map(notReached);
}

/** A host's answer to the steps. */
export interface HostAnswer {
  readonly host: Host;
  readonly rights: HostRights;
  readonly outcome: ReadOutcome;
  readonly redact: Redact;
  /** Our time before and after. */
  readonly asked: { readonly fromMs: number; readonly toMs: number };
}

/** What the answer says, one check after the other; whatever the bytes, this does not throw. */
export function answerChecks(answer: HostAnswer): Check[] {
  const { outcome, redact } = answer;
  if (outcome.kind !== 'ok' && outcome.steps.length === 0) {
    const [first, ...others] = AFTER_LOGIN;
    return [broken(first, outcome, redact), ...others.map(notReached)];
  }
  return [sudoCheck(answer), toolsCheck(answer), nginxCheck(answer), clockCheck(answer)];
}

function sudoCheck({ host, rights, outcome }: HostAnswer): Check {
  const step = stepOf(outcome, 'sudo');
  const said = step && parseSudo(step.stdout, rights.reads.length + rights.changes.length);
  if (!said) return unread('sudo', outcome, 'sudo');
  return judgeSudo(host, rights, said, stepOf(outcome, 'sudo-list')?.stdout ?? '');
}

function toolsCheck({ outcome }: HostAnswer): Check {
  const found = parseTools(stepOf(outcome, 'tools')?.stdout ?? '');
  return found ? judgeTools(found) : unread('tools', outcome, 'tools');
}

function nginxCheck({ outcome, redact }: HostAnswer): Check {
  const process = parsed(outcome, 'nginx-process');
  const namespace = parsed(outcome, 'network-namespace');
  if (!process) return unread('nginx', outcome, 'nginx-process');
  const installed = parseTools(stepOf(outcome, 'tools')?.stdout ?? '')?.has(NGINX) ?? false;
  return judgeNginx({ process, namespace: namespace ?? UNKNOWN, installed }, redact);
}

const UNKNOWN: Parsed<never> = { ok: false, problem: 'unreadable', reason: 'It was not answered.', excerpt: '' };

function clockCheck({ outcome, asked }: HostAnswer): Check {
  const hostMs = parseClock(stepOf(outcome, 'clock')?.stdout ?? '');
  return hostMs === undefined ? unread('clock', outcome, 'clock') : judgeClock(hostMs, asked);
}

function parsed<Id extends 'nginx-process' | 'network-namespace'>(outcome: ReadOutcome, id: Id) {
  const step = stepOf(outcome, id);
  if (!step || step.exitCode === null) return undefined;
  return probeById(id).parse({ ...step, exitCode: step.exitCode });
}

function stepOf({ steps }: ReadOutcome, id: string): StepOutput | undefined {
  return steps.find((step) => step.id === id);
}

/** A step without an answer that can be read: it is not known, and nothing is made up. */
function unread(id: CheckId, outcome: ReadOutcome, stepId: string): Check {
  const step = stepOf(outcome, stepId);
  if (!step)
    return check(id, 'failed', 'It stopped answering.', { todo: 'Check the load of the host and look again.' });
  if (step.exitCode === null)
    return check(id, 'failed', 'It did not answer in time.', { todo: 'Check the load of the host and look again.' });
  return check(id, 'failed', 'The answer could not be read.', {
    todo: "Check the login shell's startup files and ForceCommand in sshd_config: something else was printed.",
  });
}
