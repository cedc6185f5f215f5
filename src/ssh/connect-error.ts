import { messageOf } from '../base/error.ts';
import type { Host } from '../inventory/host.ts';
import { type Failure, failure } from './failure.ts';

/** How far a connection had come when it failed. */
export type ConnectStage = 'tcp' | 'handshake' | 'login';

/** Why connecting failed, from what the socket or ssh2 reported, in words that say what to check. */
export function connectFailure(host: Host, stage: ConnectStage, error: unknown): Failure {
  if (stage === 'tcp') return tcpFailure(host, error);
  return stage === 'handshake' ? handshakeFailure(host, error) : loginFailure(host, error);
}

/** What was reached at a deadline of connecting. */
export function connectTimeout(host: Host, stage: ConnectStage): Failure {
  const waited = `within ${host.connectTimeoutMs} ms`;
  if (stage === 'tcp') {
    return failure(
      'unreachable',
      `${place(host)} did not answer ${waited}; check that it is up, its address, and firewalls in between.`,
    );
  }
  const missing = stage === 'handshake' ? 'did not begin to speak SSH' : `did not decide on the login of ${host.user}`;
  return failure(
    'timed_out',
    `${place(host)} accepted the connection but ${missing} ${waited}; check sshd and its load.`,
  );
}

/* errno names, connect(2) and getaddrinfo(3). */
const TCP_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection; check that sshd runs and listens on this port',
  ENOTFOUND: 'has no address; check the spelling and DNS',
  EAI_AGAIN: 'could not be looked up; check DNS on the machine that runs the bot',
  EHOSTUNREACH: 'has no route to it; check routing and that it is up',
  ENETUNREACH: 'has no route to it; check the network of the machine that runs the bot',
  ETIMEDOUT: 'did not answer; check that it is up and firewalls in between',
  ECONNRESET: 'reset the connection; check firewalls in between',
  EACCES: 'may not be connected to from here; check firewalls of the machine that runs the bot',
};

function tcpFailure(host: Host, error: unknown): Failure {
  const reason = TCP_REASONS[codeOf(error)] ?? `could not be connected to (${messageOf(error)})`;
  return failure('unreachable', `${place(host)} ${reason}.`);
}

function handshakeFailure(host: Host, error: unknown): Failure {
  const message = messageOf(error);
  const check = /no matching/.test(message)
    ? 'its sshd allows none of the algorithms offered: update it, or allow curve25519-sha256 with aes128-gcm'
    : 'check that an SSH server listens there and that its MaxStartups is not used up';
  return failure('unreachable', `${place(host)} ended the SSH handshake (${message}); ${check}.`);
}

function loginFailure(host: Host, error: unknown): Failure {
  if (levelOf(error) === 'agent') {
    return failure(
      'auth_failed',
      `The SSH agent at ${host.agentSocket ?? '(not set)'} could not be used for ${host.name} ` +
        `(${messageOf(error)}); check that it runs and that its socket may be opened.`,
    );
  }
  if (levelOf(error) === 'client-socket' || levelOf(error) === '') {
    return failure(
      'unreachable',
      `${place(host)} ended the connection during the login (${messageOf(error)}); check sshd's log and its load.`,
    );
  }
  const key = host.identityFile === undefined ? 'no key of the agent' : `not the key ${host.identityFile}`;
  return failure(
    'auth_failed',
    `${place(host)} accepted ${key} for user ${host.user}; check its authorized_keys and the user's name.`,
  );
}

function place(host: Host): string {
  return `${host.name} (${host.address} port ${host.port})`;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function levelOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'level' in error ? String(error.level) : '';
}
