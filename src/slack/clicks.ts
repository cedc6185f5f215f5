import { OperatorError } from '../base/error.ts';
import { asRunId } from '../base/ids.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Notifier } from './notifier.ts';
import { type ClickPayload, parseProposalValue, parseRunValue } from './payload/click.ts';

/** What buttons work with. */
export interface ClickDeps {
  readonly engine: Engine;
  readonly notifier: Notifier;
}

/** Does what a button stands for. Throws OperatorError, for the person who clicked, when it does not count. */
export async function answerClick(deps: ClickDeps, click: ClickPayload, asker: Asker): Promise<void> {
  switch (click.action) {
    case 'proposal_approve':
    case 'proposal_reject': {
      const { proposal, digest } = proposalOf(click);
      const verdict = click.action === 'proposal_approve' ? 'approve' : 'reject';
      const { runId } = await deps.engine.decide({ ...asker, proposal, digest, verdict, reason: null });
      await deps.notifier.show(runId);
      return;
    }
    case 'proposal_undo': {
      const { runId } = await deps.engine.undo({ ...asker, ...proposalOf(click), reason: null });
      await deps.notifier.show(runId);
      return;
    }
    case 'proposal_look': {
      const { proposal, digest } = proposalOf(click);
      const { runId } = await deps.engine.look(proposal, asker, digest);
      await deps.notifier.show(runId);
      return;
    }
    case 'run_cancel': {
      const id = asRunId(runOf(click));
      await deps.engine.cancel(id, asker);
      await deps.notifier.show(id);
      return;
    }
    case 'run_again':
      await runAgain(deps, click, asker);
      return;
    default:
      throw damaged();
  }
}

async function runAgain(deps: ClickDeps, click: ClickPayload, asker: Asker): Promise<void> {
  const { run } = await deps.engine.view(asRunId(runOf(click)));
  const params = Object.fromEntries(Object.entries(run.params).map(([name, value]) => [name, String(value)]));
  const id = await deps.engine.start({
    ...asker,
    runbook: run.runbook,
    selector: run.selector,
    params,
    channel: click.channel ?? run.channel,
  });
  await deps.notifier.showPatiently(id);
}

function proposalOf(click: ClickPayload) {
  return parseProposalValue(click.value) ?? fail();
}

function runOf(click: ClickPayload): number {
  return parseRunValue(click.value) ?? fail();
}

function fail(): never {
  throw damaged();
}

function damaged(): OperatorError {
  return new OperatorError('request/invalid', {
    message: 'this button is not one of mine',
    hint: 'Use the buttons of the latest message.',
  });
}
