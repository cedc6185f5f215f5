import type { Splice } from '../remedy.ts';

/** Text, one character per byte, with the splices applied. They are in ascending order and do not overlap. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let done = 0;
  let result = '';
  for (const { at, remove, insert } of splices) {
    result += text.slice(done, at) + insert;
    done = at + remove;
  }
  return result + text.slice(done);
}

/** The splices that turn the result back into the text. */
export function inverseSplices(text: string, splices: readonly Splice[]): readonly Splice[] {
  let shift = 0;
  return splices.map(({ at, remove, insert }) => {
    const back = { at: at + shift, remove: insert.length, insert: text.slice(at, at + remove) };
    shift += insert.length - remove;
    return back;
  });
}

/** Text as its UTF-8 bytes, one character per byte. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** UTF-8 bytes, one character each, as text. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
