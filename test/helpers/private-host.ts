import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a command on a private host left behind. `exitCode` is null when a signal ended it. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/**
 * This machine with namespaces of its own: network settings, /var/lib/countersign, /etc/sysctl.d, /run/lock and
 * /var/log/nginx are its own and empty, and `sudo` is a stand-in that writes down what it was asked. Needs root.
 */
export interface PrivateHost extends AsyncDisposable {
  /** A folder that is the same inside and outside. */
  readonly dir: string;
  /** argv that runs the rest inside. */
  readonly enter: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  run(argv: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ran>;
  spawn(argv: readonly string[], environment?: Readonly<Record<string, string>>): ChildProcess;
  /** Refuses from now on each sudo command line that this shell pattern matches; empty = allows all. */
  refuse(pattern: string): void;
  /** Lets each sudo command line that this shell pattern matches wait before it is done; empty = none. */
  delay(pattern: string, seconds?: number): void;
  /** The command lines that sudo was asked for and ran, in order. */
  sudoRan(): readonly string[];
  /** A process that this host's commands left running, by a word of its command line. */
  pidsWith(word: string): readonly number[];
}

const SUDO = `#!/bin/sh
here=$(dirname "$0")/..
[ "$1" = -n ] && shift
refused=$(cat "$here/refused"); slow=$(cat "$here/slow")
case "$*" in $refused) echo "sudo: a password is required" >&2; exit 1 ;; esac
case "$*" in $slow) sleep "$(cat "$here/slow-seconds")" ;; esac
printf '%s\\n' "$*" >>"$here/sudo.log"
exec "$@"
`;

/** Makes a private host; dispose of it to end what runs in it and to remove its files. */
export async function createPrivateHost(): Promise<PrivateHost> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-private-'));
  const secret = randomBytes(6).toString('hex');
  const tag = `COUNTERSIGN_PRIVATE=${secret}`;
  mkdirSync(join(dir, 'bin'));
  mkdirSync(join(dir, 'home'));
  writeFileSync(join(dir, 'bin/sudo'), SUDO);
  chmodSync(join(dir, 'bin/sudo'), 0o755);
  for (const name of ['refused', 'slow']) writeFileSync(join(dir, name), '<none>');
  mkdirSync('/var/lib/countersign', { recursive: true });
  const setUp = [
    'mount -t tmpfs -o mode=755 none /var/lib/countersign',
    'mount -t tmpfs -o mode=755 none /etc/sysctl.d',
    'mkdir -p /run/lock && mount -t tmpfs -o mode=1777 none /run/lock',
    '{ [ ! -d /var/log/nginx ] || mount -t tmpfs -o mode=755 none /var/log/nginx; }',
    'ip link set lo up',
    'echo ready',
    'read -r _',
  ].join(' && ');
  const holder = spawn('unshare', ['--mount', '--net', 'sh', '-c', setUp], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit').then(() => fail())]);
  const enter = ['nsenter', '--target', String(holder.pid), '--mount', '--net', '--'];
  const environment = { HOME: join(dir, 'home'), PATH: `${join(dir, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin` };
  const start = (argv: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess => {
    const [command = '', ...rest] = [...enter, ...argv];
    return spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment, COUNTERSIGN_PRIVATE: secret, ...more },
    });
  };
  return {
    dir,
    enter,
    environment,
    spawn: start,
    run: (argv, more) => finished(start(argv, more)),
    refuse: (pattern) => writeFileSync(join(dir, 'refused'), pattern === '' ? '<none>' : pattern),
    delay: (pattern, seconds = 1) => {
      writeFileSync(join(dir, 'slow-seconds'), String(seconds));
      writeFileSync(join(dir, 'slow'), pattern === '' ? '<none>' : pattern);
    },
    sudoRan: () =>
      existsSync(join(dir, 'sudo.log')) ? readFileSync(join(dir, 'sudo.log'), 'utf8').trim().split('\n') : [],
    pidsWith: (word) => tagged(tag).filter((pid) => read(`/proc/${pid}/cmdline`).includes(word)),
    [Symbol.asyncDispose]: async () => {
      for (const pid of tagged(tag)) kill(pid);
      const ended = once(holder, 'exit');
      holder.stdin.end('\n');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Waits for a process and gathers what it wrote. */
export async function finished(child: ChildProcess): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [exitCode] = await once(child, 'close');
  return { stdout, stderr, exitCode: typeof exitCode === 'number' ? exitCode : null };
}

function fail(): never {
  throw new Error('namespaces of its own need root on Linux');
}

function tagged(tag: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).split('\0').includes(tag))
    .map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
