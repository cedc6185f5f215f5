import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asHostName } from '../../src/base/ids.ts';
import type { Host } from '../../src/inventory/host.ts';

/** A real sshd on a free port of 127.0.0.1 that lets the current user in with one key. */
export interface TestSshd extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** A temporary directory that goes away with the server. */
  readonly dir: string;
  readonly identityFile: string;
  /** The line of a host key's .pub file. */
  publicKey(type: HostKeyType): string;
  /** A host of the inventory that is this server. */
  host(overrides?: Partial<Host>): Host;
  /** What sshd wrote so far. */
  log(): string;
}

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface TestSshdOptions {
  readonly hostKeys?: readonly HostKeyType[];
  /** More lines for sshd_config; they go before the others, so they win. */
  readonly config?: readonly string[];
  /** Lets a user without rights in instead of the current one; it exists for this server alone. Needs root. */
  readonly ordinaryUser?: boolean;
}

const ORDINARY_USER = 'countersign-test';

/** Starts a server; dispose of it to stop it and remove its files. */
export async function startSshd(options: TestSshdOptions = {}): Promise<TestSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-sshd-'));
  const types = options.hostKeys ?? ['ed25519'];
  const identityFile = join(dir, 'user_key');
  const home = join(dir, 'home');
  mkdirSync(home);
  mkdirSync('/run/sshd', { recursive: true });
  keygen('ed25519', identityFile);
  for (const type of types) keygen(type, hostKeyFile(dir, type));
  writeFileSync(join(dir, 'authorized_keys'), readFileSync(`${identityFile}.pub`));
  const port = await freePort();
  writeFileSync(join(dir, 'sshd_config'), config({ dir, home, port, types, more: options.config ?? [] }));
  const user = options.ordinaryUser ? ORDINARY_USER : userInfo().username;
  const command = ['/usr/sbin/sshd', '-D', '-e', '-f', join(dir, 'sshd_config')];
  const child = spawn(
    'sh',
    ['-c', options.ordinaryUser ? withOrdinaryUser(dir, home) : 'exec "$@"', 'sh', ...command],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const stop = async () => {
    await ended(child);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await untilListening(port, child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  const publicKey = (type: HostKeyType) => readFileSync(`${hostKeyFile(dir, type)}.pub`, 'utf8').trim();
  return {
    port,
    pid: child.pid ?? 0,
    dir,
    identityFile,
    publicKey,
    host: (overrides) =>
      testHost({ port, user, identityFile, hostKey: publicKey(types[0] ?? 'ed25519'), ...overrides }),
    log: () => log,
    [Symbol.asyncDispose]: stop,
  };
}

/** A host of the inventory on this machine. */
export function testHost(overrides: Partial<Host>): Host {
  return {
    name: asHostName('web-1'),
    address: '127.0.0.1',
    port: 22,
    user: userInfo().username,
    groups: ['web'],
    tags: [],
    hostKey: undefined,
    knownHosts: undefined,
    identityFile: undefined,
    agentSocket: undefined,
    sudo: 'none',
    connectTimeoutMs: 5000,
    ...overrides,
  };
}

/** A key pair in OpenSSH's format at `file` and `file`.pub. */
export function keygen(type: HostKeyType, file: string, passphrase = ''): void {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', passphrase, '-C', 'test', '-f', file]);
}

/** A TCP port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/*
 * The user is in a copy of /etc/passwd that only this server sees, in a mount namespace of its own. `*` as password: a
 * locked account (`!`) would not be let in, sshd(8).
 */
function withOrdinaryUser(dir: string, home: string): string {
  const id = 60_123;
  const copy = join(dir, 'passwd');
  writeFileSync(copy, `${readFileSync('/etc/passwd', 'utf8')}${ORDINARY_USER}:*:${id}:${id}::${home}:/bin/sh\n`);
  chmodSync(dir, 0o755);
  return `exec unshare --mount sh -c 'mount --bind "$0" /etc/passwd && exec "$@"' ${copy} "$@"`;
}

function hostKeyFile(dir: string, type: HostKeyType): string {
  return join(dir, `host_${type}`);
}

interface ConfigInit {
  readonly dir: string;
  readonly home: string;
  readonly port: number;
  readonly types: readonly HostKeyType[];
  readonly more: readonly string[];
}

/* HOME is an empty directory so that this machine's shell startup files neither slow down nor change what is tested. */
function config({ dir, home, port, types, more }: ConfigInit): string {
  return [
    ...more,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...types.map((type) => `HostKey ${hostKeyFile(dir, type)}`),
    `PidFile ${join(dir, 'sshd.pid')}`,
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    `SetEnv HOME=${home}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'PrintMotd no',
    'LogLevel VERBOSE',
    '',
  ].join('\n');
}

async function untilListening(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${log()}`);
    if (await accepts(port)) return;
    await delay(25);
  }
  throw new Error(`sshd does not listen: ${log()}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/* The listener only; sessions end by themselves when their clients are gone. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}
