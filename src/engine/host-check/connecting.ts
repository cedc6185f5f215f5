import type { Redact } from '../../base/redact.ts';
import type { Host } from '../../inventory/host.ts';
import type { Greeting, HostFailure } from '../transport.ts';
import { check, harmless, notReached } from './check.ts';
import type { Check, CheckId } from './model.ts';

/** Whether a host is reachable, shows its known key, and lets the user in: what a new connection showed. */
export function connectionChecks(host: Host, greeting: Greeting, redact: Redact): Check[] {
  const { failure } = greeting;
  const passed = [reachable(host, greeting), keyKnown(host, greeting), loggedIn(host, greeting)];
  if (!failure) return passed;
  const at = stoppedAt(greeting, failure.kind);
  return passed.map((made, index) => {
    if (index < at) return made;
    return index === at ? broken(made.id, failure, redact) : notReached(made.id);
  });
}

/** Which of the three checks a failure belongs to. */
function stoppedAt({ hostKey }: Greeting, kind: HostFailure): number {
  if (kind === 'auth_failed') return 2;
  if (kind === 'host_key_mismatch' || kind === 'host_key_unknown') return 1;
  return hostKey === null ? 0 : 2;
}

function reachable({ address, port }: Host, { reachedMs }: Greeting): Check {
  // Without a key to show, nobody is called on: whether the host is up is not known then.
  if (reachedMs === null) return notReached('reachable');
  return check('reachable', 'ok', 'Reachable.', { detail: `${address} port ${port}, ${reachedMs} ms` });
}

function keyKnown(host: Host, { hostKey }: Greeting): Check {
  if (hostKey === null) return notReached('host-key');
  const by = host.hostKey === undefined ? 'It is the key in known_hosts.' : 'It is the key that the inventory pins.';
  return check('host-key', 'ok', by, { detail: `${hostKey.type} ${hostKey.fingerprint}` });
}

function loggedIn({ user, identityFile }: Host, { loggedInMs }: Greeting): Check {
  if (loggedInMs === null) return notReached('login');
  const by = identityFile === undefined ? 'a key of the SSH agent' : 'the key file of the inventory';
  return check('login', 'ok', `${user} was let in by ${by}.`, { detail: `${loggedInMs} ms after the first packet` });
}

const SAID: Readonly<Record<HostFailure, string>> = {
  unreachable: 'It cannot be reached.',
  timed_out: 'It did not answer in time.',
  host_key_mismatch: 'The key has CHANGED: it is not the one that is known.',
  host_key_unknown: 'The key is not known.',
  auth_failed: 'The login was refused.',
  cancelled: 'Cancelled.',
  unknown: 'It did not run what it was asked.',
};

/** A check that failed as the transport says; what to do stands behind the first semicolon of its sentence. */
export function broken(id: CheckId, { kind, detail }: NonNullable<Greeting['failure']>, redact: Redact): Check {
  const [what = '', ...todo] = harmless(detail, redact).split('; ');
  const rest = todo.join('; ');
  return check(id, 'failed', SAID[kind], {
    detail: what.replace(/\.$/, ''),
    todo: rest === '' ? null : `${rest.slice(0, 1).toUpperCase()}${rest.slice(1)}`,
  });
}
