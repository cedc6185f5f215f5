import type { ChangeAction, Splice } from '../../remedies/remedy.ts';

/** An action as the four words that the receipt's scripts work on: kind, path, before and after. */
export function actionWords(action: ChangeAction): [kind: string, path: string, before: string, after: string] {
  switch (action.kind) {
    case 'sysctl':
      return ['sysctl', `/proc/sys/${action.key.replaceAll('.', '/')}`, action.before, action.after];
    case 'file':
      return [action.before === null ? 'new-file' : 'file', action.path, action.before ?? '', action.after];
    case 'edit':
      return ['edit', action.path, action.sha256, spliceWords(action.splices)];
    case 'nginx':
      return ['nginx', action.binary, action.conf ?? '', action.prefix ?? ''];
  }
}

/**
 * The growth of the file in bytes, then a line `POSITION:REMOVED:TEXT.` for each splice. The dot keeps what is before it:
 * read would strip what it takes for a trailing separator. Throws on splices that are out of order or overlap.
 */
function spliceWords(splices: readonly Splice[]): string {
  let end = 0;
  let growth = 0;
  const lines = splices.map(({ at, remove, insert }) => {
    if (!Number.isInteger(at) || !Number.isInteger(remove) || at < end || remove < 0)
      throw new RangeError(`the splice at ${at} overlaps the one before it or is out of order`);
    end = at + remove;
    growth += insert.length - remove;
    return `${at}:${remove}:${printfText(insert)}.`;
  });
  return [String(growth), ...lines].join('\n');
}

/** Text for printf's %b: printable ASCII as it is, every other byte as `\0ddd` (POSIX printf, %b). */
function printfText(bytes: string): string {
  return Array.from({ length: bytes.length }, (_, index) => printfByte(bytes.charCodeAt(index))).join('');
}

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

function printfByte(code: number): string {
  if (code > 0xff) throw new RangeError('a splice holds a character that is not one byte');
  if (code === NEWLINE) return '\\n';
  if (code >= 0x20 && code < 0x7f && code !== BACKSLASH) return String.fromCharCode(code);
  return `\\0${code.toString(8).padStart(3, '0')}`;
}

/**
 * What one command to a host has room for, in bytes, beside the receipt's own script: a login shell takes 128 KiB as one
 * argument (execve(2), MAX_ARG_STRLEN).
 */
const ROOM_BYTES = 90_000;

/** What quoting for the host's shells adds to a character that is special to one of them. */
const SPECIAL_BYTES = 16;

/** Whether actions can be sent to a host in one command. */
export function fitOneCommand(actions: readonly ChangeAction[]): boolean {
  const words = actions.flatMap(actionWords);
  const specials = words.reduce((sum, word) => sum + (word.match(/[\\'!\n]/g)?.length ?? 0), 0);
  return Buffer.byteLength(words.join(' ')) + specials * SPECIAL_BYTES + words.length * SPECIAL_BYTES <= ROOM_BYTES;
}
