import { OperatorError } from '../../base/error.ts';
import type { RunId } from '../../base/ids.ts';
import { didYouMean } from '../../base/near-match.ts';
import type { Asker } from '../../engine/asker.ts';
import { againRequest } from '../again.ts';
import type { Message } from '../limits.ts';
import { openPicker } from '../picker.ts';
import { isReady, runOf, typedForm } from '../picker-form.ts';
import { showStarted } from '../started.ts';
import { type CommandDeps, runIdOf, type TypedCommand } from './subcommand.ts';

/** Starts a run; what is missing or wrong is asked for in the picker, which has what was typed. */
export async function run(deps: CommandDeps, typed: TypedCommand): Promise<Message | undefined> {
  const form = typedForm(deps, typed.rest, typed.channel);
  if (!isReady(form)) {
    await openPicker(deps, form, typed);
    return undefined;
  }
  const asker = await typed.asker();
  return showStarted(deps, await deps.engine.start({ ...asker, ...runOf(form), channel: typed.channel }));
}

/** Does a run once more: the one that is named, else the last one here, else the last one of this person. */
export async function again(deps: CommandDeps, typed: TypedCommand): Promise<Message | undefined> {
  const asker = await typed.asker();
  const { id, failed } = againWords(deps, typed.rest);
  const before = await deps.engine.outline(id ?? (await lastRun(deps, typed, asker)));
  const request = againRequest(before, failed ? 'failed' : 'all');
  return showStarted(deps, await deps.engine.start({ ...asker, ...request, channel: typed.channel }));
}

function againWords(
  { command }: CommandDeps,
  text: string,
): { readonly id: RunId | undefined; readonly failed: boolean } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const others = words.filter((word) => word.toLowerCase() !== 'failed');
  const [number, ...rest] = others;
  const usage = `${command} again 41 failed`;
  const strange = rest[0] ?? (number !== undefined && !/^#?\d/.test(number) ? number : undefined);
  if (strange !== undefined)
    throw new OperatorError('request/invalid', {
      message: `"${strange}" is neither the number of a run nor "failed"`,
      hint: didYouMean(strange, ['failed']) ?? `Write for example: ${usage}`,
    });
  return { id: number === undefined ? undefined : runIdOf(number, usage), failed: others.length < words.length };
}

async function lastRun({ engine, command }: CommandDeps, { channel }: TypedCommand, { person }: Asker): Promise<RunId> {
  const entries = (await engine.history({ limit: 200 })).map((entry) => entry.run);
  const last = entries.find((each) => each.channel === channel) ?? entries.find((each) => each.requester === person);
  if (last) return last.id;
  throw new OperatorError('request/invalid', {
    message: 'nothing ran here yet that could run again',
    hint: `Name a run: ${command} again 41. ${command} history shows which there are; ${command} alone starts one.`,
  });
}
