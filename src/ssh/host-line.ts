import { quote } from '../base/command.ts';

/*
 * Linux passes one argument of at most 128 KiB to a program (execve(2), MAX_ARG_STRLEN); the login shell receives the
 * whole line as one.
 */
const MAX_LINE_BYTES = 120 * 1024;

/*
 * The login shell sees one line of single-quoted words without newlines, without `\\` and without `\'` inside quotes:
 * fish takes the latter two for escapes (fish manual, "Quotes"), csh ends a quote at a newline, runs the rest line by
 * line, and looks `!x` up in its history even in quotes (csh(1), "Lexical structure", "History substitutions"). So the
 * script travels as one word a line, and sh puts it together, with the newline from IFS, which every sh sets at its
 * start (POSIX 2.5.3).
 */
const ASSEMBLE = [
  `_cs_n=\${IFS#??}; _cs_n=\${_cs_n%"\${_cs_n#?}"}`,
  '_cs_s=; for _cs_l; do _cs_s=$_cs_s$_cs_l$_cs_n; done',
  'set --; eval "$_cs_s"',
].join('; ');

const PRELUDE = [
  `_cs_b='\\ '; _cs_b=\${_cs_b% }`,
  `_cs_q="'"`,
  `_cs_h='! '; _cs_h=\${_cs_h% }`,
  'LC_ALL=C; PATH=$PATH:/usr/sbin:/sbin; export LC_ALL PATH',
];

const AS_VARIABLE: Readonly<Record<string, string>> = {
  '\\': '"$_cs_b"',
  "'": '"$_cs_q"',
  '!': '"$_cs_h"',
  '\n': '"$_cs_n"',
};

/** One argument as a word of a script for `hostLine`; arrives unchanged through POSIX, fish and csh login shells. */
export function scriptWord(argument: string): string {
  return argument
    .split(/([\\'!\n])/)
    .filter((part) => part !== '' || argument === '')
    .map((part) => AS_VARIABLE[part] ?? quote(part))
    .join('');
}

/** A script is longer than a host's kernel passes on. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';

  constructor() {
    super('a script is too long for one exec');
  }
}

/**
 * The line for an SSH exec request: runs lines of POSIX sh whatever the login shell, in the C locale, with sbin in PATH.
 * Throws LineTooLong when it would be longer than a host's kernel passes on.
 */
export function hostLine(lines: readonly string[]): string {
  const line = ['exec', 'sh', '-c', ASSEMBLE, 'sh', ...PRELUDE, ...lines].map(quote).join(' ');
  if (Buffer.byteLength(line) > MAX_LINE_BYTES) throw new LineTooLong();
  return line;
}
