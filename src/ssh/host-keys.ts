import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../base/error.ts';
import type { Host } from '../inventory/host.ts';
import { type Failure, failure } from './failure.ts';
import { isMissing } from './known-hosts-file.ts';
import { type KnownKeys, keysOf, keyType, parseKnownHosts } from './known-hosts.ts';

/** What is known about a host's key before connecting. */
export interface HostTrust {
  /** Key types as in the key itself, those of trusted keys; the host is asked for one of these first. */
  readonly types: readonly string[];
  /** Whether only a fingerprint is known, so that the key may be of any type. */
  readonly anyType: boolean;
  /** undefined when the key is the host's; otherwise why it is refused. */
  judge(key: Buffer): Failure | undefined;
}

/** A key's fingerprint as ssh-keygen -l prints it: `SHA256:` and base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** What the inventory says about a host's key: the pinned key, or else its known_hosts file. Never trusts by itself. */
export async function trustOf(host: Host): Promise<HostTrust> {
  if (host.hostKey !== undefined) return pinned(host, host.hostKey.trim());
  if (host.knownHosts === undefined) {
    return nothingKnown(host, 'no key is pinned and no known_hosts file is set for this host');
  }
  try {
    const keys = keysOf(parseKnownHosts(await readFile(host.knownHosts, 'utf8')), host.address, host.port);
    return fromKnownHosts(host, host.knownHosts, keys);
  } catch (error) {
    return nothingKnown(
      host,
      isMissing(error)
        ? `there is no file ${host.knownHosts} yet`
        : `the known_hosts file cannot be read (${messageOf(error)})`,
    );
  }
}

function pinned(host: Host, pin: string): HostTrust {
  if (pin.startsWith('SHA256:')) {
    const expected = pin.replace(/=+$/, '');
    return {
      types: [],
      anyType: true,
      judge: (key) => (fingerprint(key) === expected ? undefined : mismatch(host, key, expected)),
    };
  }
  const [type, encoded] = pin.split(/\s+/);
  const expected = Buffer.from(encoded ?? '', 'base64');
  if (type === undefined || keyType(expected) !== type) {
    return nothingKnown(host, 'the pinned key is neither "ssh-ed25519 AAAA…" nor "SHA256:…"');
  }
  return {
    types: [type],
    anyType: false,
    judge: (key) => (key.equals(expected) ? undefined : mismatch(host, key, fingerprint(expected))),
  };
}

function fromKnownHosts(host: Host, file: string, keys: KnownKeys): HostTrust {
  return {
    types: [...new Set(keys.trusted.map((line) => line.type))],
    anyType: false,
    judge(key) {
      if (keys.revoked.some((line) => line.key.equals(key))) {
        return failure(
          'host_key_mismatch',
          `${place(host)} showed ${shown(key)}, which ${file} marks as @revoked; find out why before connecting again.`,
        );
      }
      if (keys.trusted.some((line) => line.key.equals(key))) return undefined;
      const known = keys.trusted[0];
      if (known) return mismatch(host, key, fingerprint(known.key));
      const note = keys.certAuthority
        ? '; its @cert-authority lines are not used, since host certificates are not supported'
        : '';
      return unknown(host, key, `${file} has no key for it${note}`);
    },
  };
}

function nothingKnown(host: Host, reason: string): HostTrust {
  return { types: [], anyType: false, judge: (key) => unknown(host, key, reason) };
}

function mismatch(host: Host, key: Buffer, expected: string): Failure {
  const correct =
    host.hostKey === undefined
      ? `see \`countersign hosts trust ${host.name}\` for which line to remove`
      : 'correct the pinned key';
  return failure(
    'host_key_mismatch',
    `${place(host)} showed ${shown(key)} where ${expected} is expected; if the host was not reinstalled, ` +
      `someone may be in between: compare with ssh-keygen -lf on the host itself, then ${correct}.`,
  );
}

/* A key that is pinned, if wrongly, is not looked for in known_hosts. */
function unknown(host: Host, key: Buffer, reason: string): Failure {
  const todo =
    host.hostKey === undefined && host.knownHosts !== undefined
      ? `run \`countersign hosts trust ${host.name}\`, which shows how to compare it and asks, or ` +
        `pin "${fingerprint(key)}" as its host key in the inventory.`
      : `compare it with ssh-keygen -lf on the host itself, then pin "${fingerprint(key)}" as its host key in the inventory.`;
  return failure('host_key_unknown', `${place(host)} showed ${shown(key)} but ${reason}; ${todo}`);
}

function shown(key: Buffer): string {
  return `the ${keyType(key) ?? 'unreadable'} key ${fingerprint(key)}`;
}

function place(host: Host): string {
  return `${host.name} (${host.address} port ${host.port})`;
}
