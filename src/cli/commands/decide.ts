import type { Command } from 'commander';
import { OperatorError } from '../../base/error.ts';
import type { Proposal } from '../../engine/model.ts';
import type { ProposalView } from '../../engine/view.ts';
import type { CliDeps, Session } from '../deps.ts';
import { EXIT } from '../exit.ts';
import { renderProposal } from '../render/human.ts';
import { runJson } from '../render/json.ts';

interface DecideOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
  readonly config?: string;
}

/** `countersign approve ID`, `reject ID`, `undo ID`: the same gates as in Slack. */
export function addDecisionCommands(program: Command, deps: CliDeps): void {
  decision(program, 'approve', 'approve a proposal of somebody else and watch it being applied and proven').action(
    async (id: string, _options: DecideOptions, command: Command) => {
      await withProposal(deps, id, command.optsWithGlobals(), 'Approve this change?', async (session, proposal, reason) => {
        await session.engine.decide({ ...session.asker(), proposal: id, verdict: 'approve', digest: proposal.digest, reason });
        await session.engine.drive({ kind: 'change', id: proposal.id });
      });
    },
  );
  decision(program, 'reject', 'reject a proposal').action(async (id: string, _options: DecideOptions, command: Command) => {
    await withProposal(deps, id, command.optsWithGlobals(), 'Reject this change?', async (session, proposal, reason) => {
      await session.engine.decide({ ...session.asker(), proposal: id, verdict: 'reject', digest: proposal.digest, reason });
    });
  });
  decision(program, 'undo', 'take a change back: restore what was captured before it').action(async (id: string, _options: DecideOptions, command: Command) => {
    await withProposal(deps, id, command.optsWithGlobals(), 'Undo this change?', async (session, proposal, reason) => {
      await session.engine.undo({ ...session.asker(), proposal: id, reason });
      await session.engine.drive({ kind: 'change', id: proposal.id });
    });
  });
}

function decision(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('<id>', 'the proposal, for example 41-1')
    .option('--reason <text>', 'why; kept with the decision')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print JSON');
}

type Deed = (session: Session, proposal: Proposal, reason: string | null) => Promise<void>;

/** Shows what is decided, has it confirmed, does it, shows what came of it. */
async function withProposal(deps: CliDeps, id: string, options: DecideOptions, question: string, deed: Deed): Promise<void> {
  await using session = await deps.openSession(options.config);
  const proposal = await session.engine.proposal(id);
  if (options.yes !== true) {
    for (const line of renderProposal(await viewOf(session, proposal))) deps.output.problem(line);
    if (!(await deps.output.confirm(question))) {
      throw new OperatorError('request/invalid', { message: 'not confirmed, so nothing was done', hint: 'Answer y, or give --yes where nobody can answer.' });
    }
  }
  await deed(session, proposal, options.reason ?? null);
  const after = await viewOf(session, proposal);
  if (options.json) deps.output.line(JSON.stringify(runJson(await session.engine.view(proposal.runId), { raw: false }), null, 2));
  else for (const line of renderProposal(after)) deps.output.line(line);
  if (!['open', 'proven', 'rejected', 'undone'].includes(after.proposal.state)) process.exitCode = EXIT.changeNotProven;
}

async function viewOf(session: Session, proposal: Proposal): Promise<ProposalView> {
  const view = await session.engine.view(proposal.runId);
  const found = view.proposals.find((candidate) => candidate.proposal.id === proposal.id);
  if (!found) throw new Error(`run ${proposal.runId} has no proposal ${proposal.id}`);
  return found;
}
