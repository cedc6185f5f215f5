import type { HostName } from '../base/ids.ts';
import type { Host } from '../inventory/host.ts';
import type { Asker } from './asker.ts';
import type { EngineContext } from './context.ts';

/** A key that a host showed, and what is known about it. */
export interface ShownKey {
  readonly type: string;
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  readonly fingerprint: string;
  /** The known_hosts file that decides for this host, and the name under which the host stands there. */
  readonly file: string;
  readonly name: string;
  readonly known: KnownAs;
}

/** What the known_hosts file says about a shown key; lines are counted from 1. */
export type KnownAs =
  | { readonly kind: 'new' }
  | { readonly kind: 'trusted'; readonly line: number }
  /** The host stands there with another key. */
  | { readonly kind: 'different'; readonly line: number; readonly type: string; readonly fingerprint: string }
  | { readonly kind: 'revoked'; readonly line: number };

/** The way to make a host's key known. */
export interface HostKeys {
  /** Connects without trusting or logging in. Throws ssh/unreachable, or state/not-applicable where known_hosts does not decide. */
  look(host: Host, signal: AbortSignal): Promise<ShownKey>;
  /**
   * Adds the key of this fingerprint to the host's known_hosts file, if the host still shows it and no other is known.
   * Throws ssh/* and config/unreadable.
   */
  trust(host: Host, fingerprint: string, signal: AbortSignal): Promise<void>;
}

/** Somebody's word that a key is the host's. */
export interface TrustedKey extends Asker {
  readonly host: HostName;
  readonly key: Pick<ShownKey, 'type' | 'fingerprint' | 'file'>;
}

/** Records who vouches for a host's key; before the file is written, so that no key is trusted without a name to it. */
export async function recordTrust({ store, clock }: EngineContext, trusted: TrustedKey): Promise<void> {
  const { person, surface, host, key } = trusted;
  await store.audit.append({
    event: 'host_key.trusted',
    actor: person,
    surface,
    subject: `host:${host}`,
    at: clock.now(),
    body: { type: key.type, fingerprint: key.fingerprint, file: key.file },
  });
}
