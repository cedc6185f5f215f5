import { createHmac, timingSafeEqual } from 'node:crypto';

/** A line of a known_hosts file that names a key; sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export interface KnownHostLine {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** The host field as written: patterns, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  readonly key: Buffer;
  /** Where it stands in the file, counted from 1. */
  readonly lineNumber: number;
}

/** What a known_hosts file says about one host. */
export interface KnownKeys {
  readonly trusted: readonly KnownHostLine[];
  readonly revoked: readonly KnownHostLine[];
  /** Whether a certificate authority is named for the host, which cannot be used here. */
  readonly certAuthority: boolean;
}

/** The lines of a known_hosts file that hold a key; comments and lines that are not understood are left out, as ssh(1) does. */
export function parseKnownHosts(text: string): readonly KnownHostLine[] {
  return text.split('\n').flatMap((line, index) => {
    const parsed = parseLine(line.trim());
    return parsed ? [{ ...parsed, lineNumber: index + 1 }] : [];
  });
}

function parseLine(line: string): Omit<KnownHostLine, 'lineNumber'> | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const fields = line.split(/[ \t]+/);
  const markerField = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  const [hosts, type, encoded] = fields;
  if (hosts === undefined || type === undefined || encoded === undefined) return undefined;
  if (markerField !== undefined && markerField !== '@revoked' && markerField !== '@cert-authority') return undefined;
  const key = Buffer.from(encoded, 'base64');
  if (keyType(key) !== type) return undefined;
  const marker = markerField === undefined ? undefined : markerField === '@revoked' ? 'revoked' : 'cert-authority';
  return { marker, hosts, type, key };
}

/** The algorithm that a public key in SSH wire form names; RFC 4253 section 6.6. Undefined when it is not a key. */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 8) return undefined;
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 && key.length > 4 + length ? key.toString('latin1', 4, 4 + length) : undefined;
}

/**
 * What the lines say about a host. Other ports than 22 are looked up as `[host]:port`, and as the plain host when
 * nothing is known for the port, as ssh(1) does.
 */
export function keysOf(lines: readonly KnownHostLine[], address: string, port: number): KnownKeys {
  const exact = keysNamed(lines, knownName(address, port));
  if (port === 22) return exact;
  const general = keysNamed(lines, knownName(address, 22));
  return {
    trusted: exact.trusted.length > 0 ? exact.trusted : general.trusted,
    revoked: [...exact.revoked, ...general.revoked],
    certAuthority: exact.certAuthority || general.certAuthority,
  };
}

/** The name under which a host's key is kept; sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export function knownName(address: string, port: number): string {
  const plain = address.toLowerCase();
  return port === 22 ? plain : `[${plain}]:${port}`;
}

/** The lines whose host field matches this name. */
export function keysNamed(lines: readonly KnownHostLine[], name: string): KnownKeys {
  const matching = lines.filter((line) => namesHost(line.hosts, name));
  return {
    trusted: matching.filter((line) => line.marker === undefined),
    revoked: matching.filter((line) => line.marker === 'revoked'),
    certAuthority: matching.some((line) => line.marker === 'cert-authority'),
  };
}

function namesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return isHashOf(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  const refused = patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1), name));
  return !refused && patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern, name));
}

/**
 * A name as a hashed host field: `|1|salt|hash`, HMAC-SHA1 of the name with the salt as key; ssh_config(5),
 * HashKnownHosts. ssh(1) takes a salt of 20 bytes only.
 */
export function hashedName(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

function isHashOf(field: string, name: string): boolean {
  const [, version, salt, hash] = field.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/* `*` and `?` as wildcards, ssh_config(5), PATTERNS; walked, not compiled, so that no pattern can take long. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < name.length) {
    if (pattern[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      resume += 1;
      at = star + 1;
      index = resume;
    } else return false;
  }
  return [...pattern.slice(at)].every((rest) => rest === '*');
}
