import { readCommand, readScript } from '../../src/base/command.ts';
import type { ReadStep } from '../../src/engine/transport.ts';

/** A signal that never aborts. */
export const never = new AbortController().signal;

/** One quick step that every host answers. */
export const uname: readonly ReadStep[] = [{ id: 'uname', command: readCommand(['uname', '-s']), timeoutMs: 5000 }];

/** A step that runs a script with these arguments. */
export function script(id: string, text: string, args: readonly string[] = [], timeoutMs = 10_000): ReadStep {
  return { id, command: readScript(text, args), timeoutMs };
}
