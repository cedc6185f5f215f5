import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/* Host key types and the signature algorithms for them, in the order of preference. RSA with SHA-1 is left out (RFC 8332). */
const HOST_KEY_ALGORITHMS: readonly (readonly [string, readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
];

/** Compression that begins after the login (draft-miller-secsh-compression-delayed); used with hosts that insist on it. */
export const COMPRESSION = 'zlib@openssh.com';

/** Which host key to ask for. */
export interface HostKeyWish {
  /** Key types that are trusted; asked for first, so that the host shows the key that is known. */
  readonly first: readonly string[];
  /** Key types that were seen already and are not the host's known one. */
  readonly without: readonly string[];
}

/**
 * The algorithms that a connection offers. Diffie-Hellman group exchange is not among them: ssh2 computes it on the event
 * loop, for about two seconds a connection.
 */
export function algorithmsFor(wish: HostKeyWish): Algorithms {
  return {
    kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'diffie-hellman-group14-sha256'],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-ctr',
      'aes256-ctr',
    ],
    serverHostKey: hostKeyAlgorithms(wish),
    compress: ['none', COMPRESSION],
  };
}

/** The host key types that are left to try. */
export function typesLeft(without: readonly string[]): boolean {
  return HOST_KEY_ALGORITHMS.some(([type]) => !without.includes(type));
}

function hostKeyAlgorithms({ first, without }: HostKeyWish): ServerHostKeyAlgorithm[] {
  const allowed = HOST_KEY_ALGORITHMS.filter(([type]) => !without.includes(type));
  const known = allowed.filter(([type]) => first.includes(type));
  const others = allowed.filter(([type]) => !first.includes(type));
  return [...known, ...others].flatMap(([, algorithms]) => algorithms);
}
