import { createInterface } from 'node:readline/promises';
import type { Output } from './deps.ts';

/** The terminal or pipe that the program was started with. */
export function createOutput(streams: {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
}): Output {
  const { out, err, input } = streams;
  for (const stream of [out, err]) stream.on('error', ignoreGoneReader);
  const isTerminal = out.isTTY === true && err.isTTY === true;
  let shown = false;
  const clear = (): void => {
    if (shown) err.write('\r\u001b[K');
    shown = false;
  };
  const ask = async (question: string): Promise<string | undefined> => {
    if (!isTerminal || input.isTTY !== true) return undefined;
    const prompt = createInterface({ input, output: err });
    try {
      const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
      return (await Promise.race([prompt.question(question), closed])).trim();
    } finally {
      prompt.close();
    }
  };
  return {
    isTerminal,
    line: (text) => {
      clear();
      out.write(`${text}\n`);
    },
    problem: (text) => {
      clear();
      err.write(`${text}\n`);
    },
    progress: (text) => {
      if (!isTerminal) return;
      err.write(`\r\u001b[K${text.slice(0, Math.max(20, (err.columns ?? 80) - 1))}`);
      shown = true;
    },
    confirm: async (question) => /^y(es)?$/i.test((await ask(`${question} [y/N] `)) ?? ''),
    ask,
  };
}

/**
 * `countersign … | head` closes the pipe early. What is under way, a change above all, is brought to its end all the same,
 * and the exit status tells what came of it.
 */
function ignoreGoneReader(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
}
