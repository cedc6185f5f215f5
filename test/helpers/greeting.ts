import type { Greeting } from '../../src/engine/transport.ts';

/** The greeting of a host that came as far as its failure says, or to the login. */
export function shownGreeting(failure: Greeting['failure'] | undefined = null): Greeting {
  const hostKey = { type: 'ssh-ed25519', fingerprint: `SHA256:${'A'.repeat(43)}` };
  if (failure === null) return { reachedMs: 1, hostKey, loggedInMs: 2, failure };
  const shown = failure.kind === 'auth_failed' || failure.kind.startsWith('host_key');
  return { reachedMs: shown ? 1 : null, hostKey: shown ? hostKey : null, loggedInMs: null, failure };
}
