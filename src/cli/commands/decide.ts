import type { Command } from 'commander';
import { OperatorError } from '../../base/error.ts';
import type { Asker } from '../../engine/asker.ts';
import type { Proposal } from '../../engine/model.ts';
import { changeSentences } from '../../engine/phrases.ts';
import type { ProposalView } from '../../engine/view.ts';
import type { CliDeps, Session } from '../deps.ts';
import { EXIT } from '../exit.ts';
import { renderProposal } from '../render/human.ts';
import { runJson } from '../render/json.ts';

interface DecideOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
  readonly confirm?: string;
  readonly config?: string;
}

/** `countersign approve ID`, `reject ID`, `look ID`, `undo ID`: the same gates as in Slack. */
export function addDecisionCommands(program: Command, deps: CliDeps): void {
  addDecision(program, deps, {
    name: 'approve',
    description: 'approve a proposal of somebody else and watch it being applied and proven',
    question: 'Approve this change?',
    typed: true,
    act: async (session, asker, proposal, { reason, typed }) => {
      const { id, digest } = proposal;
      await session.engine.decide({ ...asker, proposal: id, verdict: 'approve', digest, reason, typed });
      await followChange(deps, session, proposal);
    },
  });
  addDecision(program, deps, {
    name: 'reject',
    description: 'reject a proposal',
    question: 'Reject this change?',
    act: async (session, asker, { id, digest }, { reason }) => {
      await session.engine.decide({ ...asker, proposal: id, verdict: 'reject', digest, reason });
    },
  });
  addDecision(program, deps, {
    name: 'look',
    description: 'ask the hosts again on which it is not known what became of a change, and go on from there',
    question: 'Ask the hosts again?',
    act: async (session, asker, proposal) => {
      await session.engine.look(proposal.id, asker);
      await followChange(deps, session, proposal);
    },
  });
  addDecision(program, deps, {
    name: 'undo',
    description: 'take a change back: restore what was captured before it',
    question: 'Undo this change?',
    act: async (session, asker, proposal, { reason }) => {
      await session.engine.undo({ ...asker, proposal: proposal.id, reason });
      await followChange(deps, session, proposal);
    },
  });
}

interface Deed {
  readonly name: string;
  readonly description: string;
  /** Asked on the terminal, below what is decided. */
  readonly question: string;
  /** Whether it is confirmed by typing the proposal's name where that is asked for. */
  readonly typed?: boolean;
  act(session: Session, asker: Asker, proposal: Proposal, said: Said): Promise<void>;
}

/** What the person said to their deed. */
interface Said {
  readonly reason: string | null;
  readonly typed: string | null;
}

function addDecision(program: Command, deps: CliDeps, deed: Deed): void {
  const command = program
    .command(deed.name)
    .description(deed.description)
    .argument('<id>', 'the proposal, for example 41-1')
    .option('--reason <text>', 'why; kept with the decision')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print JSON')
    .action((id: string, _options: DecideOptions, self: Command) =>
      decide(deps, id, self.optsWithGlobals<DecideOptions>(), deed),
    );
  if (deed.typed) command.option('--confirm <id>', "the proposal's name again, for a change that wants it typed");
}

/** Shows what is decided, has it confirmed, does it, shows what came of it. */
async function decide(deps: CliDeps, id: string, options: DecideOptions, deed: Deed): Promise<void> {
  await using session = await deps.openSession(options.config);
  const asker = await session.asker(deed.name, `proposal:${id}`);
  const proposal = await session.engine.proposal(id);
  const typed = await confirmed(deps, await viewOf(session, proposal), options, deed);
  await deed.act(session, asker, proposal, { reason: options.reason ?? null, typed });
  await printChange(deps, session, proposal, options.json === true);
}

/** Prints a proposal as it is now and sets the exit status by what became of it. */
export async function printChange(deps: CliDeps, session: Session, proposal: Proposal, json: boolean): Promise<void> {
  const after = await viewOf(session, proposal);
  if (json) {
    deps.output.line(JSON.stringify(runJson(await session.engine.view(proposal.runId), { raw: false }), null, 2));
  } else for (const line of renderProposal(after)) deps.output.line(line);
  if (!['open', 'proven', 'rejected', 'undone'].includes(after.proposal.state)) process.exitCode = EXIT.changeNotProven;
}

/** Has a deed confirmed; the result is what was typed, where typing is asked for. */
async function confirmed(
  deps: CliDeps,
  view: ProposalView,
  { confirm, yes }: DecideOptions,
  deed: Deed,
): Promise<string | null> {
  if (confirm !== undefined) return confirm;
  const { id, plan } = view.proposal;
  if (deed.typed && plan.typed.length > 0 && view.proposal.state === 'open') {
    show(deps, view);
    return (await deps.output.ask(`This needs care: ${plan.typed.join('; ')}.\nType ${id} to approve it: `)) ?? null;
  }
  if (yes !== true) await haveConfirmed(deps, view, deed.question);
  return null;
}

/** Shows a proposal and asks; throws request/invalid unless somebody says yes. */
export async function haveConfirmed(deps: CliDeps, view: ProposalView, question: string): Promise<void> {
  show(deps, view);
  if (await deps.output.confirm(question)) return;
  throw new OperatorError('request/invalid', {
    message: 'not confirmed, so nothing was done',
    hint: 'Answer y, or give --yes where nobody can answer.',
  });
}

function show(deps: CliDeps, view: ProposalView): void {
  for (const line of renderProposal(view)) deps.output.problem(line);
}

/** Works on the change in this process and shows where it is. Ctrl-C does not stop it half-way; a second one leaves it. */
export async function followChange(deps: CliDeps, session: Session, proposal: Proposal): Promise<void> {
  const insist = (): void =>
    deps.output.problem(
      'The change is brought to its end first. Ctrl-C again leaves it to the next process that looks.',
    );
  const watching = setInterval(() => {
    viewOf(session, proposal)
      .then((view) => deps.output.progress(changeSentences(view).at(-1) ?? ''))
      .catch(() => {});
  }, 200);
  deps.signal.addEventListener('abort', insist, { once: true });
  try {
    await session.engine.drive({ kind: 'change', id: proposal.id });
  } finally {
    deps.signal.removeEventListener('abort', insist);
    clearInterval(watching);
    deps.output.progress('');
  }
}

/** A proposal with everything that happened to it. */
export async function viewOf(session: Session, proposal: Proposal): Promise<ProposalView> {
  const view = await session.engine.view(proposal.runId);
  const found = view.proposals.find((candidate) => candidate.proposal.id === proposal.id);
  if (!found) throw new Error(`run ${proposal.runId} has no proposal ${proposal.id}`);
  return found;
}
