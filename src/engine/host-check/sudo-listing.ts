/**
 * Whether sudo would ask for a password before this command, as far as the listing of `sudo -l` tells. `sudo -l COMMAND`
 * does not tell it. The last rule that matches decides (sudoers(5), "SUDOERS FILE FORMAT"); a command that no rule names
 * literally counts as asked for when some rule asks.
 */
export function asksForPassword(listing: string, right: string): boolean {
  const rules = rulesOf(listing);
  const naming = rules.filter(({ commands }) => namesAll(commands) || commands.includes(right));
  const last = naming.at(-1);
  return last ? !last.free : rules.some(({ free }) => !free);
}

interface ListedRule {
  /** Whether none of its commands takes a password. */
  readonly free: boolean;
  readonly commands: string;
}

/** Rules begin with four blanks and the users in brackets; longer ones go on, further in, on the next lines. */
function rulesOf(listing: string): ListedRule[] {
  const joined = listing.replace(/\n {8,}(?=\S)/g, ' ');
  return joined.split('\n').flatMap((line): ListedRule[] => {
    const commands = /^ {4}\([^()]{0,200}\) (.*)$/.exec(line)?.[1]?.replace(/ {2,}/g, ' ');
    if (commands === undefined) return [];
    return [{ free: /^(?:[A-Z_]+: )*NOPASSWD: /.test(commands) && !/[ ,]PASSWD: /.test(commands), commands }];
  });
}

function namesAll(commands: string): boolean {
  return commands.split(', ').some((command) => command.replace(/^(?:[A-Z_]+: )*/, '') === 'ALL');
}
