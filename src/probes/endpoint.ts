import { isIP } from 'node:net';

/** An address and a TCP port; null when the tool prints `*` for the port. */
export interface AddressAndPort {
  readonly address: string;
  readonly port: number | null;
}

/**
 * An address as ss(8) or netstat(8) prints it, in one spelling: without brackets, IPv4-mapped IPv6 folded to IPv4,
 * the interface kept only for link-local addresses (`fe80::1%eth0`). `*` is the dual-stack wildcard.
 * undefined when it is no address.
 */
export function parseAddress(text: string): string | undefined {
  const bare = text.replace(/^\[([^\]]*)\]/, '$1').toLowerCase();
  const [plain = '', scope] = splitOnce(bare, '%');
  const folded = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1] ?? plain;
  if (folded === '*') return '*';
  if (isIP(folded) === 0) return undefined;
  if (!/^fe[89ab]/.test(folded) || scope === undefined) return folded;
  return /^[a-z0-9._-]{1,15}$/.test(scope) ? `${folded}%${scope}` : undefined;
}

/** Splits `address:port` at the last colon: `[::1]:8082`, `*:9000`, `:::80` (netstat), `0.0.0.0:*`. undefined when it is none. */
export function parseEndpoint(text: string): AddressAndPort | undefined {
  const colon = text.lastIndexOf(':');
  if (colon === -1) return undefined;
  const address = parseAddress(text.slice(0, colon));
  const port = parsePort(text.slice(colon + 1));
  return address === undefined || port === undefined ? undefined : { address, port };
}

/** `127.0.0.1:8080`, `[::1]:8082`, `*:9000`; without a port the address alone. */
export function formatEndpoint({ address, port }: AddressAndPort): string {
  if (port === null) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether an address stands for all addresses of the host. */
export function isWildcard(address: string): boolean {
  return address === '*' || address === '0.0.0.0' || address === '::';
}

/** Whether an address never leaves the host: 127.0.0.0/8, ::1 (RFC 1122, RFC 4291) or the name localhost. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

function parsePort(text: string): number | null | undefined {
  if (text === '*') return null;
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
