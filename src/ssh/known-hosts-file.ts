import { chmod, chown, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, OperatorError } from '../base/error.ts';
import type { Ids } from '../base/ids.ts';
import { hashedName } from './known-hosts.ts';

/** A key to be known for a name. */
export interface KnownHostEntry {
  readonly file: string;
  readonly name: string;
  readonly type: string;
  /** In SSH wire form. */
  readonly key: Buffer;
}

/** The text of a known_hosts file; empty when there is none yet. Throws config/unreadable. */
export async function readKnownHosts(file: string): Promise<string> {
  return (await bytesOf(file)).toString('utf8');
}

/* A comment may be in any encoding, so what is written again is kept as bytes. */
async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw unreadable(file, error);
  }
}

/**
 * Adds a line to a known_hosts file, hashed where the file has hashed names. The file is replaced as a whole and keeps its
 * owner, group and readers: the bot may read it as another user than the one who vouches. A new one is its owner's alone.
 * Throws config/unreadable when it cannot be written.
 */
export async function addKnownHost(entry: KnownHostEntry, ids: Ids): Promise<void> {
  try {
    await mkdir(dirname(entry.file), { recursive: true, mode: 0o700 });
    // A link keeps pointing to where the keys are.
    const file = await realpath(entry.file).catch(() => entry.file);
    const old = await bytesOf(file);
    const text = old.toString('utf8');
    const begin = text === '' || text.endsWith('\n') ? '' : '\n';
    const line = `${begin}${lineOf(entry, /^\|1\|/m.test(text), ids)}\n`;
    await replace(file, Buffer.concat([old, Buffer.from(line)]), ids.nonce());
  } catch (error) {
    throw error instanceof OperatorError ? error : unreadable(entry.file, error);
  }
}

function lineOf({ name, type, key }: KnownHostEntry, hashed: boolean, ids: Ids): string {
  const salt = Buffer.from(`${ids.nonce()}${ids.nonce()}`, 'hex').subarray(0, 20);
  return `${hashed ? hashedName(name, salt) : name} ${type} ${key.toString('base64')}`;
}

/** Written beside its place and moved there, so that a crash leaves the old file or the new one. */
async function replace(file: string, bytes: Buffer, nonce: string): Promise<void> {
  const staged = `${file}.${nonce}`;
  try {
    const handle = await open(staged, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await keepAccess(staged, file);
    await rename(staged, file);
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  }
}

/** Whoever could read the old file can read the new one, and nobody else. */
async function keepAccess(staged: string, file: string): Promise<void> {
  const old = await stat(file).catch(() => undefined);
  if (!old) return;
  const made = await stat(staged);
  if (old.uid !== made.uid || old.gid !== made.gid) await chown(staged, old.uid, old.gid);
  await chmod(staged, old.mode & 0o777);
}

/** Whether a file could not be opened because it is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function unreadable(file: string, error: unknown): OperatorError {
  return new OperatorError('config/unreadable', {
    message: `the known_hosts file ${file} cannot be read or written (${messageOf(error)})`,
    hint: 'Check its owner and mode, or name another one with known_hosts in the inventory.',
    cause: error,
  });
}
