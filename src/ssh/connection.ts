import { Socket } from 'node:net';
import { Client, type ClientChannel } from 'ssh2';
import { messageOf } from '../base/error.ts';
import type { Host } from '../inventory/host.ts';
import { algorithmsFor, type HostKeyWish, typesLeft } from './algorithms.ts';
import { type ConnectStage, connectFailure, connectTimeout } from './connect-error.ts';
import { type Failure, failure } from './failure.ts';
import { type HostTrust, trustOf } from './host-keys.ts';
import { type Identity, identityOf } from './identity.ts';
import { keyType } from './known-hosts.ts';

/** What asking for a command's channel came to. */
export type ExecResult =
  | { readonly kind: 'started'; readonly channel: ClientChannel }
  /** The host has too many sessions open for now; RFC 4254 section 5.1, reason 2. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The connection is gone or does not answer, and the command was not sent. */
  | { readonly kind: 'not_sent'; readonly message: string }
  /** The command was sent, and whether it runs is not known. */
  | { readonly kind: 'unsure'; readonly message: string };

/** A verified, logged-in connection to a host. */
export interface Connection {
  exec(line: string): Promise<ExecResult>;
  /** Whether it can still be used. */
  alive(): boolean;
  /** Why it ended, once it did. */
  whyLost(): Failure;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  /** Says goodbye and frees the socket. */
  close(): void;
}

/** How a connection is kept. */
export interface ConnectOptions {
  readonly keepaliveMs: number;
  readonly signal: AbortSignal;
}

/** Unanswered keepalives after which the host is taken for dead. */
const KEEPALIVES = 2;

/** Connects, verifies the host's key and logs in; a failure says which of these did not work. Does not throw. */
export async function connect(host: Host, options: ConnectOptions): Promise<Connection | Failure> {
  const [trust, identity] = await Promise.all([trustOf(host), identityOf(host)]);
  const without: string[] = [];
  for (;;) {
    const attempt = await connectOnce({ host, trust, identity, wish: { first: trust.types, without }, options });
    if (!('kind' in attempt) || !trust.anyType || attempt.kind !== 'host_key_mismatch') return outcomeOf(attempt);
    // A fingerprint does not say of which type the key is: the host may have it among its others.
    if (attempt.seenType === undefined || without.includes(attempt.seenType)) return outcomeOf(attempt);
    without.push(attempt.seenType);
    const next = typesLeft(without)
      ? await connectOnce({ host, trust, identity, wish: { first: trust.types, without }, options })
      : attempt;
    if (!('kind' in next)) return next;
    if (next.kind !== 'host_key_mismatch' || next.seenType === undefined) return outcomeOf(attempt);
    without.push(next.seenType);
  }
}
