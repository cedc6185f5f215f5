import { OperatorError } from '../../base/error.ts';
import type { RunId } from '../../base/ids.ts';
import type { Message } from '../limits.ts';
import { renderNotice, renderReading } from '../views/answers.ts';
import { type CommandDeps, runIdOf, type TypedCommand } from './subcommand.ts';

/** Cancels the run that is named; without a name the only one that this person has under way here, else it lists them. */
export async function cancel(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  const asker = await typed.asker();
  const cancelNow = async (id: RunId): Promise<Message> => {
    await deps.engine.cancel(id, asker);
    await deps.notifier.show(id);
    return renderNotice(`Run ${id} is cancelled.`);
  };
  if (typed.rest.trim() !== '') return cancelNow(runIdOf(typed.rest, `${deps.command} cancel 41`));
  const reading = (await deps.engine.history({ limit: 200 })).filter(({ run }) => run.state === 'reading');
  const [mine, ...more] = reading.filter(({ run }) => run.requester === asker.person && run.channel === typed.channel);
  if (mine && more.length === 0) return cancelNow(mine.run.id);
  return renderReading(mine ? [mine, ...more] : reading, deps.command);
}

/** Has a change made without the approvals it lacks. */
export async function breakGlass(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  const asker = await typed.asker();
  const [proposal, reason] = proposalAnd(typed.rest, `${deps.command} break-glass 41-1 REASON`);
  const { runId } = await deps.engine.breakGlass({ ...asker, proposal, reason });
  await deps.notifier.show(runId);
  return renderNotice(
    `Glass is broken for ${proposal}: the change is being made, it is announced, and somebody else has to review it.`,
  );
}

/** Closes the review of broken glass. */
export async function review(deps: CommandDeps, typed: TypedCommand): Promise<Message> {
  const asker = await typed.asker();
  const [proposal, note] = proposalAnd(typed.rest, `${deps.command} review 41-1 NOTE`);
  await deps.engine.closeReview({ ...asker, proposal, note });
  return renderNotice(`The review of ${proposal} is closed.`);
}

/** A proposal's name and the words after it. */
function proposalAnd(text: string, usage: string): readonly [proposal: string, words: string] {
  const [, proposal, words = ''] = /^\s*(\d+-\d+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
  if (proposal !== undefined) return [proposal, words.trim()];
  throw new OperatorError('request/invalid', { message: 'a proposal has to be named', hint: `Write ${usage}` });
}
