import { createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type ParsedKey, type ServerChannel, type Session } from 'ssh2';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { COMPRESSION } from './algorithms.ts';

/** A command that somebody who is logged in wants run. */
export interface ExecRequest {
  readonly line: string;
  /** Aborts when the client sends a signal or goes away, and when the server stops. */
  readonly signal: AbortSignal;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** Who may log in to a server, and what it does then. */
export interface SshServerInit {
  readonly logger: Logger;
  /** Private half of the host's key, as OpenSSH writes it. */
  readonly hostKey: string;
  readonly user: string;
  /** Public half of the one key that is let in: `ssh-ed25519 AAAA…`. */
  readonly authorizedKey: string;
  /** Runs a command and resolves with its exit status. */
  exec(request: ExecRequest): Promise<number>;
}

/** An SSH server on loopback. Disposing ends what runs and closes every connection. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
}

/** An SSH key pair in OpenSSH's forms. */
export interface KeyPair {
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
}

/** The exit status that a shell gives a command which TERM ended (POSIX 2.8.2). */
const TERMINATED = 143;

/** Makes an ed25519 key pair without a passphrase. */
export function createKeyPair(): KeyPair {
  // ssh2 1.17 drops the leading zero that one key in 256 has (lib/keygen.js, parseDERs), and cannot read that key itself.
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (ssh2.utils.parseKey(pair.public) instanceof Error) continue;
    return { privateKey: pair.private, publicKey: pair.public.trim() };
  }
}

/** Serves commands on a free port of 127.0.0.1: public-key login of one user with one key, and exec requests alone. */
export async function startSshServer(init: SshServerInit): Promise<SshServer> {
  const allowed = parsedKey(init.authorizedKey);
  const stopping = new AbortController();
  const sockets = new Set<Socket>();
  // ssh2 takes packets of 35,000 bytes at most (RFC 4253 section 6.1), and a script may be longer before it is compressed.
  const ssh = new ssh2.Server({ hostKeys: [init.hostKey], algorithms: { compress: [COMPRESSION] } });
  ssh.on('connection', (connection) => {
    connection.on('error', (error: Error) => init.logger.debug('an SSH client went away', { error: messageOf(error) }));
    connection.on('authentication', (context) => {
      if (isAllowed(context, init.user, allowed)) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => serveSession(accept(), init, stopping.signal));
  });
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    ssh.injectSocket(socket);
  });
  const port = await listening(tcp);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      const closed = new Promise<void>((resolve) => {
        tcp.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listening(tcp: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(0, '127.0.0.1', () => {
      const address = tcp.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
    });
  });
}

function parsedKey(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

/* Without a signature the client only asks whether the key would do; RFC 4252 section 7. */
function isAllowed(context: AuthContext, user: string, allowed: ParsedKey): boolean {
  if (context.method !== 'publickey' || context.username !== user) return false;
  if (context.key.algo !== allowed.type || !context.key.data.equals(allowed.getPublicSSH())) return false;
  const { signature, blob, hashAlgo } = context;
  return signature === undefined || (blob !== undefined && allowed.verify(blob, signature, hashAlgo) === true);
}

function serveSession(session: Session, init: SshServerInit, stopped: AbortSignal): void {
  const ended = new AbortController();
  session.on('signal', (accept) => {
    accept?.();
    ended.abort();
  });
  session.once('exec', (accept, _reject, info) => {
    const channel = accept();
    channel.once('close', () => ended.abort());
    channel.on('error', () => ended.abort());
    void serveExec(channel, info.command, init, AbortSignal.any([ended.signal, stopped]));
  });
}

async function serveExec(
  channel: ServerChannel,
  line: string,
  { exec, logger }: SshServerInit,
  signal: AbortSignal,
): Promise<void> {
  const write = (stream: Pick<ServerChannel, 'write'>) => (text: string) => {
    if (!signal.aborted) stream.write(text);
  };
  let status = TERMINATED;
  try {
    status = await exec({ line, signal, stdout: write(channel), stderr: write(channel.stderr) });
  } catch (error) {
    if (!signal.aborted) logger.error('a command that was served failed', { error: messageOf(error) });
  }
  if (!channel.writable) return;
  channel.exit(signal.aborted ? TERMINATED : status);
  channel.end();
}
