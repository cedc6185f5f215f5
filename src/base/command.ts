/** A command that only looks: it may run without an approval. Built from argv alone; a param is one whole argument. */
export interface ReadCommand {
  readonly kind: 'read';
  readonly argv: readonly string[];
}

/** A command that changes a host: it needs an approval grant to be sent. */
export interface ChangeCommand {
  readonly kind: 'change';
  readonly argv: readonly string[];
}

/** A read-only command from its argv. */
export function readCommand(argv: readonly [string, ...string[]]): ReadCommand {
  argv.forEach(refuseNul);
  return { kind: 'read', argv };
}

/** A read-only POSIX sh script, a reviewed constant; `args` arrive as `$1`, `$2`, … and are never part of the script. */
export function readScript(script: string, args: readonly string[] = []): ReadCommand {
  return readCommand(['sh', '-c', script, 'sh', ...args]);
}

/** A changing POSIX sh script, a reviewed constant; `args` arrive as `$1`, `$2`, … . */
export function changeScript(script: string, args: readonly string[] = []): ChangeCommand {
  const argv = ['sh', '-c', script, 'sh', ...args];
  argv.forEach(refuseNul);
  return { kind: 'change', argv };
}

/**
 * One argument as one POSIX shell word (POSIX 2.2.2, single quotes). The only quoter in the house.
 * `=` is quoted too: bare it makes an assignment of the first word, and zsh expands `=word` (zshexpn(1)).
 * Throws on NUL, which no argument can carry.
 */
export function quote(argument: string): string {
  refuseNul(argument);
  return /^[A-Za-z0-9_@%+:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** The arguments of a line that `quote` wrote, with one blank between two of them; undefined when it wrote no such line. */
export function readQuoted(line: string): string[] | undefined {
  const words = line.match(/(?:[^ '\\]+|'[^']*'|\\')+/g) ?? [];
  const read = words.map((word) => (word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word));
  return read.map(quote).join(' ') === line ? read : undefined;
}

/** The command as one line for a POSIX shell. */
export function shellLine(command: ReadCommand | ChangeCommand): string {
  return command.argv.map(quote).join(' ');
}

function refuseNul(argument: string): void {
  if (argument.includes('\0')) throw new TypeError('an argument cannot contain NUL');
}
