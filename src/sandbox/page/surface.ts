import type { Api } from './api.ts';
import type { Entries, Entry, World } from './model.ts';
import type { Names } from './names.ts';

/** A use of an element: which one, and what was chosen in it. */
interface Use {
  readonly blockId: string;
  readonly actionId: string;
  readonly entry: Entry;
}

/** Where blocks are shown: a message, a modal or the App Home. */
export interface Surface {
  readonly names: Names;
  readonly world: World;
  readonly api: Api;
  /** Tells the bot; resolves with what the person has to be told when it failed. */
  use(use: Use): Promise<string | undefined>;
  /** What an input shows at first, when it is not what its block says. */
  entryOf(blockId: string, actionId: string): Entry | undefined;
  /** Inputs announce here how to read them. */
  readonly inputs: Inputs;
}

/** The inputs of a surface. */
export interface Inputs {
  add(blockId: string, actionId: string, read: () => Entry): void;
  entries(): Entries;
}

/** No inputs yet. */
export function createInputs(): Inputs {
  const readers: { blockId: string; actionId: string; read: () => Entry }[] = [];
  return {
    add: (blockId, actionId, read) => readers.push({ blockId, actionId, read }),
    entries: () => {
      const entries: Record<string, Record<string, Entry>> = {};
      for (const { blockId, actionId, read } of readers) {
        entries[blockId] = { ...entries[blockId], [actionId]: read() };
      }
      return entries;
    },
  };
}

/** What Slack tells people when an app did not take their click. */
export function failureText(error: string | undefined): string {
  if (error === 'operation_timeout') return 'The app did not respond within 3 seconds (operation_timeout).';
  if (error === 'dispatch_failed') return 'The app is not connected (dispatch_failed).';
  if (error === 'sandbox_unreachable') return 'The sandbox has stopped.';
  return `That did not work (${error ?? 'unknown'}).`;
}
