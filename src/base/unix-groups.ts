import { spawnSync } from 'node:child_process';
import type { Clock } from './clock.ts';

/** How long an answer of the system counts; somebody taken out of a group loses what it gave within this time. */
const REMEMBERED_MS = 30_000;
const TIMEOUT_MS = 5000;

/**
 * The groups that this machine knows a user in, by name, as `id -Gn` says (id(1)), which asks every source of the name
 * service; undefined when there is no such user, or the answer did not come in time.
 */
export function createUnixGroups(clock: Clock): (user: string) => ReadonlySet<string> | undefined {
  const known = new Map<string, { readonly groups: ReadonlySet<string> | undefined; readonly untilMs: number }>();
  return (user) => {
    const now = clock.monotonicMs();
    const remembered = known.get(user);
    if (remembered && remembered.untilMs > now) return remembered.groups;
    const groups = askSystem(user);
    known.set(user, { groups, untilMs: now + REMEMBERED_MS });
    return groups;
  };
}

function askSystem(user: string): ReadonlySet<string> | undefined {
  const { status, stdout } = spawnSync('id', ['-Gn', '--', user], { encoding: 'utf8', timeout: TIMEOUT_MS });
  return status === 0 ? new Set(stdout.split(/\s+/).filter((name) => name !== '')) : undefined;
}
