import { type ReadCommand, readScript } from '../../base/command.ts';
import { count } from '../../base/format.ts';
import type { Host } from '../../inventory/host.ts';
import type { HostRights } from '../host-rights.ts';
import { exampleOfRight } from '../receipt-rights.ts';
import { check } from './check.ts';
import type { Check } from './model.ts';
import { asksForPassword } from './sudo-listing.ts';

/**
 * Arguments: one command line a right, its words parted by blanks, none of which needs quoting. `sudo -l COMMAND` only
 * says whether it would be allowed (sudo(8)); what is not installed cannot be asked for.
 */
const SCRIPT = `
echo "countersign-sudo 1 $(id -u)"
command -v sudo >/dev/null 2>&1 || { echo none; exit 0; }
set -f
number=0
for right; do
  number=$((number + 1))
  if [ ! -e "\${right%% *}" ]; then echo "$number absent"
  elif sudo -n -l $right >/dev/null 2>&1 </dev/null; then echo "$number yes"
  else echo "$number no"
  fi
done
exit 0
`;

/** What sudo said to each right, in their order; `none` = there is no sudo. */
export interface SudoAnswers {
  readonly root: boolean;
  readonly answers: readonly ('yes' | 'no' | 'absent')[] | 'none';
}

/** Asks sudo about each right, without doing what it allows. */
export function sudoCommand(rights: readonly string[]): ReadCommand {
  return readScript(SCRIPT, rights.map(exampleOfRight));
}

/** The rules that the login user has, as sudo lists them; tells where a password would be asked for. */
export function sudoListCommand(): ReadCommand {
  return readScript('exec sudo -n -l </dev/null');
}

/** Reads `countersign-sudo 1 UID` and one line `NUMBER yes|no|absent` a right; undefined for anything else. */
export function parseSudo(text: string, rights: number): SudoAnswers | undefined {
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const uid = /^countersign-sudo 1 (\d{1,10})$/.exec(first)?.[1];
  if (uid === undefined) return undefined;
  const root = Number(uid) === 0;
  if (lines.length === 1 && lines[0] === 'none') return { root, answers: 'none' };
  const answers = lines.flatMap((line, index) => {
    const [, number, answer] = /^(\d{1,4}) (yes|no|absent)$/.exec(line) ?? [];
    return Number(number) === index + 1 && isAnswer(answer) ? [answer] : [];
  });
  return answers.length === rights && lines.length === rights ? { root, answers } : undefined;
}

function isAnswer(text: string | undefined): text is 'yes' | 'no' | 'absent' {
  return text === 'yes' || text === 'no' || text === 'absent';
}

/** What the login user may do as root, against what the loaded runbooks need. */
export function judgeSudo(host: Host, rights: HostRights, said: SudoAnswers, listing: string): Check {
  const { reads, changes } = rights;
  const all = [...reads, ...changes];
  if (all.length === 0) return check('sudo', 'ok', 'The runbooks need no root.');
  if (said.answers === 'none') return withoutSudo(host, said.root);
  const { answers } = said;
  const doubtful = (right: string) => !said.root && asksForPassword(listing, right);
  const lacking = (wanted: readonly string[], from: number) =>
    wanted.filter((right, index) => {
      const answer = answers[from + index];
      return answer === 'no' || (answer === 'yes' && doubtful(right));
    });
  const missing = { reads: lacking(reads, 0), changes: lacking(changes, reads.length) };
  const absent = all.filter((_right, index) => answers[index] === 'absent');
  const allowed = all.length - absent.length - missing.reads.length - missing.changes.length;
  const detail = [
    `${allowed} of ${count(all.length, 'right')}`,
    ...(absent.length === 0 ? [] : [`not installed: ${programs(absent).join(', ')}`]),
  ].join('; ');
  return host.sudo === 'none' && !said.root
    ? unused(host, missing.changes, detail)
    : judged(host, missing, { all: changes.length, detail });
}

interface Missing {
  readonly reads: readonly string[];
  readonly changes: readonly string[];
}

function judged({ user }: Host, missing: Missing, shown: { readonly all: number; readonly detail: string }): Check {
  const { detail } = shown;
  const grant = `Put what \`countersign sudoers --user ${user}\` prints into /etc/sudoers.d on it`;
  if (missing.reads.length > 0) {
    return check('sudo', 'failed', `sudo does not allow ${count(missing.reads.length, 'command')} that probes need.`, {
      detail,
      todo: `${grant}, or set "sudo: none" for it in the inventory.`,
      items: [...missing.reads, ...missing.changes],
    });
  }
  if (missing.changes.length === 0) return check('sudo', 'ok', 'sudo allows what the runbooks need.', { detail });
  const some = missing.changes.length < shown.all ? `${count(missing.changes.length, 'command')} that` : 'nothing that';
  const saw = `sudo allows what probes need, but ${some === 'nothing that' ? some : `not ${some}`} changes need.`;
  return check('sudo', 'warning', saw, {
    detail,
    todo: `${grant}; leave it so where nothing is to be changed.`,
    items: missing.changes,
  });
}

/** The inventory keeps probes from asking for root; changes ask for it all the same. */
function unused({ user }: Host, missing: readonly string[], detail: string): Check {
  const changes = missing.length === 0 ? 'Changes can be made.' : 'Changes cannot be made.';
  return check('sudo', 'warning', `The inventory says "sudo: none", so answers that need root have gaps. ${changes}`, {
    detail,
    todo: `For complete answers put what \`countersign sudoers --user ${user}\` prints into /etc/sudoers.d on it and set "sudo: passwordless".`,
    items: missing,
  });
}

function withoutSudo(host: Host, root: boolean): Check {
  const state = host.sudo === 'none' || root ? 'warning' : 'failed';
  const lost = root ? 'changes cannot be made' : 'answers that need root have gaps and changes cannot be made';
  return check('sudo', state, `sudo is not installed: ${lost}.`, { todo: 'Install sudo on it.' });
}

function programs(rights: readonly string[]): string[] {
  return [...new Set(rights.map((right) => right.split(' ')[0] ?? right))];
}
