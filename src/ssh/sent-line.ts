import { readCommand, readQuoted } from '../base/command.ts';
import { changeLine } from './change.ts';
import { frameLine } from './frame.ts';
import { hostLine } from './host-line.ts';
import { killChangeLine, killFrameLine } from './kill-line.ts';

/** A step as it arrives on a host. */
export interface SentStep {
  readonly timeoutSeconds: number;
  readonly argv: readonly string[];
}

/** What a line that this transport sent asks of a host; `end`: end what runs under that nonce. */
export type Sent =
  | { readonly kind: 'frame'; readonly nonce: string; readonly steps: readonly SentStep[] }
  | { readonly kind: 'change'; readonly nonce: string; readonly argv: readonly string[] }
  | { readonly kind: 'end'; readonly nonce: string };

const AS_CHARACTER: ReadonlyMap<string, string> = new Map([
  ['"$_cs_b"', '\\'],
  ['"$_cs_q"', "'"],
  ['"$_cs_h"', '!'],
  ['"$_cs_n"', '\n'],
]);

/**
 * Reads a line that `frameLine`, `changeLine` or one of the kill lines wrote. Every reading is written again and has to
 * give the same bytes, so a line is understood wholly or not at all: then the answer is undefined.
 */
export function readSentLine(line: string): Sent | undefined {
  const head = readQuoted(hostLine([])) ?? [];
  const script = readQuoted(line)?.slice(head.length) ?? [];
  return readFrame(script, line) ?? readChange(script, line) ?? readEnd(script, line);
}

function readFrame(script: readonly string[], line: string): Sent | undefined {
  const nonce = /^_cs_t=([0-9a-f]+)$/.exec(script[0] ?? '')?.[1];
  if (nonce === undefined) return undefined;
  const steps = script.flatMap((text) => {
    const [, seconds, words] = /^_cs_step \d+ (\d+) (.*)$/.exec(text) ?? [];
    const argv = words === undefined ? undefined : readScriptWords(words);
    return argv === undefined ? [] : [{ timeoutSeconds: Number(seconds), argv }];
  });
  const again = steps.flatMap(({ timeoutSeconds, argv: [name, ...rest] }) =>
    name === undefined ? [] : [{ id: '', command: readCommand([name, ...rest]), timeoutMs: timeoutSeconds * 1000 }],
  );
  return frameLine(again, nonce) === line ? { kind: 'frame', nonce, steps } : undefined;
}

function readChange(script: readonly string[], line: string): Sent | undefined {
  const nonce = /^COUNTERSIGN_CHANGE=([0-9a-f]+)\./.exec(script.at(-2) ?? '')?.[1];
  const argv = readScriptWords(/^exec (.*) <\/dev\/null$/.exec(script.at(-1) ?? '')?.[1] ?? '');
  if (nonce === undefined || argv === undefined) return undefined;
  return changeLine(nonce, argv) === line ? { kind: 'change', nonce, argv } : undefined;
}

function readEnd(script: readonly string[], line: string): Sent | undefined {
  const text = script.join('\n');
  const nonce = /"COUNTERSIGN_(?:STEP|CHANGE)=([0-9a-f]+)"/.exec(text)?.[1];
  if (nonce === undefined) return undefined;
  const pid = /\/proc\/(\d+)\/cmdline/.exec(text)?.[1];
  const known = [killChangeLine(nonce), killFrameLine(nonce, pid === undefined ? undefined : Number(pid))];
  return known.includes(line) ? { kind: 'end', nonce } : undefined;
}

/** The arguments behind words of `scriptWord` with one blank between two of them; undefined when they are something else. */
function readScriptWords(text: string): string[] | undefined {
  const words = [''];
  const parts = text.match(/ |"\$_cs_[bqhn]"|'[^']*'|[^ "']+/g) ?? [];
  for (const part of parts) {
    if (part === ' ') words.push('');
    else words.push(`${words.pop() ?? ''}${AS_CHARACTER.get(part) ?? part.replace(/^'(.*)'$/, '$1')}`);
  }
  return parts.join('') === text ? words : undefined;
}
