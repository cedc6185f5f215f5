import type { ModalView } from '@slack/types';
import type { Logger } from '../base/logger.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import { operatorErrorOf } from './answering.ts';
import { proposalOf, runOf } from './clicked.ts';
import { askForConfirmation, type ConfirmDeps } from './confirming.ts';
import { type Modals, openOnce } from './modals.ts';
import type { ClickPayload } from './payload/click.ts';
import { SHARE } from './payload/share.ts';
import type { Permalinks } from './permalinks.ts';
import { askForReason } from './rejecting.ts';
import { CONFIRM } from './views/confirm.ts';
import { refusedDialog, waitingDialog } from './views/dialog.ts';
import { renderEvidence } from './views/evidence.ts';
import { renderRawOutputDialog, renderStepOutputs } from './views/raw-output.ts';
import { REJECT } from './views/reject.ts';
import { renderShareDialog } from './views/share.ts';

/** What buttons that open a dialog work with. */
export interface OpeningDeps extends ConfirmDeps {
  readonly engine: Engine;
  readonly messages: MessageStore;
  readonly runbooks: RunbookLibrary;
  readonly permalinks: Permalinks;
  readonly command: string;
  readonly logger: Logger;
}

/** A click, whoever it was, and how to open dialogs for it. */
interface Opening {
  readonly click: ClickPayload;
  readonly modals: Modals;
  asker(): Promise<Asker>;
}

type Opens = (deps: OpeningDeps, opening: Opening) => Promise<void>;

const OPENS: ReadonlyMap<string, Opens> = new Map<string, Opens>([
  [CONFIRM.callback, (deps, { click, modals, asker }) => askForConfirmation(deps, click, modals, asker)],
  [REJECT.callback, askForReason],
  [SHARE.callback, askWhereToShare],
  ['run_raw', showRawOutput],
  ['proposal_evidence', showEvidence],
]);

/** What a button does that opens a dialog; undefined of other buttons. */
export function dialogOf(action: string): Opens | undefined {
  return OPENS.get(action);
}

async function askWhereToShare(deps: OpeningDeps, { click, modals, asker }: Opening): Promise<void> {
  const run = runOf(click);
  const view = await openOnce(modals, click.delivery, renderShareDialog({ run, channel: click.channel }));
  if (view === undefined) return;
  const refusal = await refusalOf(deps, async () => {
    await asker();
    await deps.engine.outline(run);
  });
  if (refusal) await modals.update(view, refusal);
}

async function refusalOf({ logger }: OpeningDeps, check: () => Promise<void>): Promise<ModalView | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return refusedDialog(operatorErrorOf(error, logger));
  }
}

async function showRawOutput(deps: OpeningDeps, opening: Opening): Promise<void> {
  const { engine, messages, permalinks, command } = deps;
  const id = runOf(opening.click);
  await showInDialog(deps, opening, `Output of run ${id}`, async () => {
    const view = await engine.outline(id);
    const outputs = view.run.state === 'reading' ? 0 : await engine.outputs(id);
    const text = outputs === 0 ? undefined : renderStepOutputs(await engine.view(id));
    const attached = Boolean((await messages.find(`raw:${id}`))?.ts);
    const link = await permalinks.of(`run:${id}`, opening.click.userId);
    return renderRawOutputDialog({ view, outputs, text, attached, link, command });
  });
}

async function showEvidence(deps: OpeningDeps, opening: Opening): Promise<void> {
  const { proposal: id } = proposalOf(opening.click);
  await showInDialog(deps, opening, `Evidence of ${id}`, async () => {
    const proposal = await deps.engine.proposal(id);
    const view = await deps.engine.outline(proposal.runId);
    const runbook = deps.runbooks.runbooks.find(({ name }) => name === view.run.runbook);
    const offer = runbook?.offers.find(({ remedy }) => remedy.id === proposal.plan.remedy);
    return renderEvidence({ proposal, view, rules: offer?.rules });
  });
}

/** A trigger lives three seconds, so the dialog is opened first; who clicked and what there is to show come then. */
async function showInDialog(
  { logger }: OpeningDeps,
  { click, modals, asker }: Opening,
  title: string,
  content: () => Promise<ModalView>,
): Promise<void> {
  const view = await openOnce(modals, click.delivery, waitingDialog(title));
  if (view === undefined) return;
  try {
    await asker();
    await modals.update(view, await content());
  } catch (error) {
    await modals.update(view, refusedDialog(operatorErrorOf(error, logger)));
  }
}
