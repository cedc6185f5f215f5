import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';
import type { Ids } from '../base/ids.ts';
import type { HostKeys, KnownAs, ShownKey } from '../engine/host-keys.ts';
import type { Host } from '../inventory/host.ts';
import { shownKey } from './connection.ts';
import { fingerprint } from './host-keys.ts';
import { keysNamed, keyType, knownName, parseKnownHosts } from './known-hosts.ts';
import { addKnownHost, readKnownHosts } from './known-hosts-file.ts';

const KEEPALIVE_MS = 5000;

/** Looks at host keys and makes them known, in the known_hosts files that the transport reads. */
export function createHostKeys({ clock, ids }: { readonly clock: Clock; readonly ids: Ids }): HostKeys {
  const look = async (host: Host, signal: AbortSignal): Promise<ShownKey & { readonly wire: Buffer }> => {
    const file = fileOf(host);
    const wire = await shownKey(host, { clock, keepaliveMs: KEEPALIVE_MS, giveUp: signal });
    if ('kind' in wire) throw notShown(wire.detail);
    const known = knownAs(await readKnownHosts(file), host, wire);
    const name = knownName(host.address, host.port);
    return { type: keyType(wire) ?? 'unreadable', fingerprint: fingerprint(wire), file, name, known, wire };
  };
  return {
    look: async (host, signal) => {
      const { wire: _wire, ...shown } = await look(host, signal);
      return shown;
    },
    trust: async (host, expected, signal) => {
      const { wire, known, ...shown } = await look(host, signal);
      if (shown.fingerprint !== expected) throw changedMeanwhile(host, shown.fingerprint, expected);
      if (known.kind === 'trusted') return;
      if (known.kind !== 'new') throw changedMeanwhile(host, shown.fingerprint, 'another key');
      await addKnownHost({ file: shown.file, name: shown.name, type: shown.type, key: wire }, ids);
    },
  };
}

function fileOf({ name, hostKey, knownHosts }: Host): string {
  if (hostKey === undefined && knownHosts !== undefined) return knownHosts;
  throw new OperatorError('state/not-applicable', {
    message: `the key of ${name} is pinned in the inventory, so known_hosts does not count for it`,
    hint: `\`countersign hosts check ${name}\` tells whether it shows that key; change host_key in the inventory to trust another.`,
  });
}

/** Another port than 22 has a name of its own: a key that stands there under the plain name is that of another sshd. */
function knownAs(text: string, { address, port }: Host, key: Buffer): KnownAs {
  const lines = parseKnownHosts(text);
  const { trusted, revoked } = keysNamed(lines, knownName(address, port));
  const banned = [...revoked, ...keysNamed(lines, knownName(address, 22)).revoked].find((line) => line.key.equals(key));
  if (banned) return { kind: 'revoked', line: banned.lineNumber };
  const same = trusted.find((line) => line.key.equals(key));
  if (same) return { kind: 'trusted', line: same.lineNumber };
  const [other] = trusted;
  if (!other) return { kind: 'new' };
  return { kind: 'different', line: other.lineNumber, type: other.type, fingerprint: fingerprint(other.key) };
}

function notShown(detail: string): OperatorError {
  const [what = '', ...todo] = detail.split('; ');
  return new OperatorError('ssh/unreachable', {
    message: what.replace(/\.$/, ''),
    ...(todo.length === 0 ? {} : { hint: `${todo.join('; ').replace(/^./, (first) => first.toUpperCase())}` }),
  });
}

function changedMeanwhile({ name }: Host, shown: string, expected: string): OperatorError {
  return new OperatorError('ssh/host-key-changed', {
    message: `${name} shows ${shown} now, not ${expected}; nothing was trusted`,
    hint: 'Something answers for this host that is not always the same; find out what before trusting it.',
  });
}
