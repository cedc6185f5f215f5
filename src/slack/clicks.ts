import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import { type AgainOn, againRequest } from './again.ts';
import { damagedButton, proposalOf, runOf } from './clicked.ts';
import type { Message } from './limits.ts';
import type { ClickPayload } from './payload/click.ts';
import { type StartedDeps, showStarted } from './started.ts';

/** What buttons work with. */
export interface ClickDeps extends StartedDeps {
  readonly engine: Engine;
}

/**
 * Does what a button stands for; what it returns is for the person who clicked. Throws OperatorError, for the same person,
 * when it does not count.
 */
export async function answerClick(deps: ClickDeps, click: ClickPayload, asker: Asker): Promise<Message | undefined> {
  const { engine, notifier } = deps;
  switch (click.action) {
    case 'proposal_approve': {
      const { runId } = await engine.decide({ ...asker, ...proposalOf(click), verdict: 'approve', reason: null });
      await notifier.show(runId);
      return undefined;
    }
    case 'proposal_undo': {
      const { runId } = await engine.undo({ ...asker, ...proposalOf(click), reason: null });
      await notifier.show(runId);
      return undefined;
    }
    case 'proposal_look': {
      const { proposal, digest } = proposalOf(click);
      const { runId } = await engine.look(proposal, asker, digest);
      await notifier.show(runId);
      return undefined;
    }
    case 'run_cancel': {
      const id = runOf(click);
      await engine.cancel(id, asker);
      await notifier.show(id);
      return undefined;
    }
    case 'run_again':
      return runAgain(deps, click, asker, 'all');
    case 'run_failed':
      return runAgain(deps, click, asker, 'failed');
    default:
      throw damagedButton();
  }
}

async function runAgain(deps: ClickDeps, click: ClickPayload, asker: Asker, on: AgainOn): Promise<Message | undefined> {
  const before = await deps.engine.outline(runOf(click));
  const channel = click.channel ?? before.run.channel;
  return showStarted(deps, await deps.engine.start({ ...asker, ...againRequest(before, on), channel }));
}
