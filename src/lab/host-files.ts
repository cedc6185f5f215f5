import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HOST_INIT, SERVICE_SCRIPT } from './host-scripts.ts';
import { renderAppConf, renderNginxConf } from './nginx-config.ts';
import { must } from './run.ts';
import type { HostState } from './state.ts';
import { renderSudoers } from './sudoers.ts';

/** The login account of a host; its number is used by nobody on this machine. */
export interface LoginUser {
  readonly name: string;
  readonly uid: number;
}

/** What the files of a host are written from. */
export interface HostFiles {
  readonly directory: string;
  readonly host: Pick<HostState, 'name' | 'address' | 'port' | 'role'>;
  readonly user: LoginUser;
  /** Public half of the lab's client key, one line. */
  readonly clientKey: string;
  /** The compiled programs `service.js`, `holder.js` and `relay.js`. */
  readonly programs: string;
  /** Names of all hosts, for /etc/hosts. */
  readonly neighbours: readonly Pick<HostState, 'name' | 'address'>[];
}

const FIRST_UID = 64_200;

/** A login user whose number and name no account of this machine has. */
export function chooseUser(name: string): LoginUser {
  const taken = new Set(
    `${readOr('/etc/passwd', '')}\n${readOr('/etc/group', '')}`.split('\n').map((line) => Number(line.split(':')[2])),
  );
  let uid = FIRST_UID;
  while (taken.has(uid)) uid += 1;
  return { name, uid };
}

/** Writes everything that is a host's own below `<directory>/root`, and answers its host key as `ssh-ed25519 AAAA…`. */
export async function writeHostFiles(files: HostFiles): Promise<string> {
  const { directory, user, programs } = files;
  for (const [path, text] of Object.entries(texts(files))) write(join(directory, 'root', path), text);
  write(join(directory, 'init.sh'), HOST_INIT);
  write(join(directory, 'lab/service.sh'), SERVICE_SCRIPT);
  for (const program of ['service', 'holder', 'relay']) {
    copyFileSync(join(programs, `${program}.js`), join(directory, `lab/${program}.mjs`));
  }
  for (const path of ['run', 'root/var/log/nginx', 'root/var/lib/nginx', 'root/var/lib/sudo', 'root/etc/sysctl.d']) {
    mkdirSync(join(directory, path), { recursive: true });
  }
  await must(['chmod', '-R', 'a+rX,go-w', join(directory, 'root')]);
  for (const path of [`root/home/${user.name}`, 'root/var/lib/countersign']) {
    mkdirSync(join(directory, path), { recursive: true });
    chmodSync(join(directory, path), 0o700);
    chownSync(join(directory, path), user.uid, user.uid);
  }
  for (const path of ['root/etc/shadow', 'root/etc/sudoers', `root/etc/sudoers.d/${user.name}`]) {
    chmodSync(join(directory, path), path.endsWith('shadow') ? 0o600 : 0o440);
  }
  return createKey(join(directory, 'root/etc/ssh/ssh_host_ed25519_key'), files.host.name);
}

/** Makes an ed25519 key pair without a passphrase; answers the public half as `ssh-ed25519 AAAA…`. */
export async function createKey(file: string, comment: string): Promise<string> {
  mkdirSync(dirname(file), { recursive: true });
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim();
}

function texts({ host, user, clientKey, neighbours }: HostFiles): Record<string, string> {
  const accounts = readOr('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
  const own = `${user.name}:x:${user.uid}:${user.uid}:Countersign:/home/${user.name}:/bin/sh`;
  const names = [...accounts.split('\n').map((line) => line.split(':')[0] ?? ''), user.name].filter(Boolean);
  return {
    'etc/passwd': `${accounts.trimEnd()}\n${own}\n`,
    'etc/group': `${readOr('/etc/group', 'root:x:0:\n').trimEnd()}\n${user.name}:x:${user.uid}:\n`,
    'etc/shadow': names.map((name) => `${name}:*:19000:0:99999:7:::\n`).join(''),
    'etc/hostname': `${host.name}\n`,
    'etc/hosts': ['127.0.0.1 localhost', ...neighbours.map(({ name, address }) => `${address} ${name}`), ''].join('\n'),
    'etc/sudoers': SUDOERS,
    [`etc/sudoers.d/${user.name}`]: renderSudoers(user.name),
    'etc/sysctl.conf': '',
    'etc/ssh/sshd_config': sshdConfig(host, user),
    [`etc/ssh/authorized_keys/${user.name}`]: `${clientKey}\n`,
    'etc/nginx/nginx.conf': renderNginxConf(),
    ...(host.role === 'web' ? { 'etc/nginx/conf.d/app.conf': renderAppConf('pooled') } : {}),
  };
}

/** Debian's defaults, with a log file of the host's own instead of the machine's syslog. */
const SUDOERS = `Defaults env_reset
Defaults use_pty
Defaults !syslog, logfile=/var/log/sudo.log
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
`;

function sshdConfig({ address, port }: HostFiles['host'], user: LoginUser): string {
  return `Port ${port}
ListenAddress ${address}
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys/%u
AllowUsers ${user.name}
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
X11Forwarding no
PrintMotd no
PidFile /run/sshd.pid
`;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function readOr(file: string, otherwise: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : otherwise;
}
