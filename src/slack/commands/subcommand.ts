import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/error.ts';
import { asRunId, type RunId } from '../../base/ids.ts';
import type { Asker } from '../../engine/asker.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Policy } from '../../engine/policy.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { RunbookLibrary } from '../../runbook/load.ts';
import type { Message } from '../limits.ts';
import type { Notifier } from '../notifier.ts';
import type { Dialog } from '../picker.ts';

/** What subcommands work with. */
export interface CommandDeps {
  readonly engine: Engine;
  readonly policy: Policy;
  readonly inventory: Inventory;
  readonly runbooks: RunbookLibrary;
  readonly notifier: Notifier;
  /** The slash command's name, for help. */
  readonly command: string;
  readonly clock: Clock;
  now(): number;
}

/** A subcommand as somebody typed it, in a channel. */
export interface TypedCommand {
  readonly rest: string;
  readonly channel: string;
  /** The modal that the command may open. */
  readonly dialog: Dialog;
  /** Resolved only by the subcommands that need to know. */
  asker(): Promise<Asker>;
  zoneOffsetMinutes(): Promise<number | undefined>;
  /** Tells the person alone something before the answer, where that takes a while. */
  tell(message: Message): Promise<void>;
}

/** The private answer to a subcommand; undefined = the channel or a dialog shows it already. */
export type Subcommand = (deps: CommandDeps, typed: TypedCommand) => Promise<Message | undefined>;

/** The run that somebody typed: `41`, `#41`. Throws request/invalid; `usage` is what to write instead. */
export function runIdOf(text: string, usage: string): RunId {
  const word = text.trim().replace(/^#/, '');
  if (/^[1-9]\d{0,14}$/.test(word)) return asRunId(Number(word));
  throw new OperatorError('request/invalid', {
    message: `"${word}" is not the number of a run`,
    hint: `Write for example: ${usage}`,
  });
}
