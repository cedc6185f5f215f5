import { readFile, stat } from 'node:fs/promises';
import ssh2, { type ConnectConfig } from 'ssh2';
import { messageOf } from '../base/error.ts';
import type { Host } from '../inventory/host.ts';
import { type Failure, failure } from './failure.ts';

/** How the bot proves who it is: the part of ssh2's configuration for it. */
export type Identity = Pick<ConnectConfig, 'privateKey' | 'agent'> & {
  readonly authHandler: ['publickey'] | ['agent'];
};

/** A host's private key file, or else its agent; never a password. */
export async function identityOf(host: Host): Promise<Identity | Failure> {
  if (host.identityFile !== undefined) return fromFile(host, host.identityFile);
  if (host.agentSocket !== undefined) return { authHandler: ['agent'], agent: host.agentSocket };
  return failure(
    'auth_failed',
    `Neither a key file nor an agent is set for ${host.name}; set one of them in the inventory.`,
  );
}

async function fromFile(host: Host, file: string): Promise<Identity | Failure> {
  try {
    if (await isTooOpen(file)) {
      return failure(
        'auth_failed',
        `The key file ${file} for ${host.name} can be read by others; run chmod 600 on it.`,
      );
    }
    const privateKey = await readFile(file);
    const problem = problemOf(privateKey);
    return problem === undefined
      ? { authHandler: ['publickey'], privateKey }
      : failure('auth_failed', `The key file ${file} for ${host.name} cannot be used: ${problem}.`);
  } catch (error) {
    return failure(
      'auth_failed',
      `The key file ${file} for ${host.name} cannot be read (${messageOf(error)}); check its path and its owner.`,
    );
  }
}

/* As ssh(1): only the mode of one's own files is judged, since others may be mounted with theirs. */
async function isTooOpen(file: string): Promise<boolean> {
  const { mode, uid } = await stat(file);
  return uid === process.getuid?.() && (mode & 0o077) !== 0;
}

/* ssh2 would throw for these while connecting. Its types leave out that a file may hold several keys. */
function problemOf(privateKey: Buffer): string | undefined {
  const parsed: unknown = ssh2.utils.parseKey(privateKey);
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) {
    return /encrypted|passphrase/i.test(key.message)
      ? 'it is protected by a passphrase; load it into an SSH agent and set the agent, or use a key without one'
      : `${key.message}; an OpenSSH or PEM private key is expected`;
  }
  return isPrivate(key) ? undefined : 'it holds no private key; a .pub file was named, perhaps';
}

function isPrivate(key: unknown): boolean {
  return typeof key === 'object' && key !== null && 'isPrivateKey' in key && typeof key.isPrivateKey === 'function'
    ? key.isPrivateKey() === true
    : false;
}
