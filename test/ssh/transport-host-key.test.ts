import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from '../../src/ssh/host-keys.ts';
import { never, uname } from '../helpers/read-steps.ts';
import { detailOf, transportWith } from '../helpers/ssh-transport.ts';
import { type HostKeyType, startSshd, type TestSshd } from '../helpers/sshd.ts';

const options = { signal: never };

describe('the host key of an SSH connection', () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('is asked for by the type of a pinned %s key', async (type) => {
    await using transport = transportWith();
    const outcome = await transport.read(sshd.host({ hostKey: sshd.publicKey(type) }), uname, options);
    expect(outcome.kind).toBe('ok');
  });

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('is found by the fingerprint of its %s key', async (type) => {
    await using transport = transportWith();
    const outcome = await transport.read(sshd.host({ hostKey: fingerprintIn(sshd, type) }), uname, options);
    expect(outcome.kind).toBe('ok');
  });

  test('must be the pinned one, or nothing is sent', async () => {
    await using other = await startSshd();
    await using fresh = await startSshd();
    await using transport = transportWith();
    const pins = [other.publicKey('ed25519'), fingerprintIn(other, 'ed25519')];
    for (const hostKey of pins) {
      const outcome = await transport.read(fresh.host({ hostKey }), uname, options);
      expect(outcome.kind).toBe('host_key_mismatch');
      expect(detailOf(outcome)).toContain(fingerprintIn(fresh, 'ed25519'));
    }
    // How sshd ends one names the user as soon as it knows one: "Connection closed by authenticating user root 127.0.0.1".
    const ends = () =>
      fresh.log().match(/^(?:Disconnected from|Connection (?:closed|reset) by) .*\[preauth\]$/gm) ?? [];
    await expect.poll(() => ends().length, { timeout: 10_000 }).toBe(pins.length);
    expect(fresh.log()).not.toMatch(/Accepted|Failed|Postponed|\buser\b/);
    expect((await transport.read(fresh.host(), uname, options)).kind).toBe('ok');
    await expect.poll(() => fresh.log(), { timeout: 10_000 }).toMatch(/Accepted publickey/);
  });

  test('must be known, or its fingerprint is shown and nobody logs in', async () => {
    await using fresh = await startSshd();
    await using transport = transportWith();
    const outcome = await transport.read(fresh.host({ hostKey: undefined }), uname, options);
    expect(outcome.kind).toBe('host_key_unknown');
    expect(detailOf(outcome)).toContain(fingerprintIn(fresh, 'ed25519'));
    expect(fresh.log()).not.toContain('Accepted');
    expect(fresh.log()).not.toContain('Failed publickey');
  });

  test('is read from a known_hosts file', async () => {
    await using transport = transportWith();
    const knownHosts = join(sshd.dir, 'known_hosts');
    writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${sshd.publicKey('ecdsa')}\n`);
    expect((await transport.read(sshd.host({ hostKey: undefined, knownHosts }), uname, options)).kind).toBe('ok');
    const lines = [`[127.0.0.1]:${sshd.port} ${sshd.publicKey('ecdsa')}`, `@revoked * ${sshd.publicKey('ecdsa')}`];
    const revoked = join(sshd.dir, 'known_hosts_revoked');
    writeFileSync(revoked, lines.join('\n'));
    const outcome = await transport.read(sshd.host({ hostKey: undefined, knownHosts: revoked }), uname, options);
    expect(outcome.kind).toBe('host_key_mismatch');
  });
});

function fingerprintIn(sshd: TestSshd, type: HostKeyType): string {
  return fingerprint(Buffer.from(sshd.publicKey(type).split(' ')[1] ?? '', 'base64'));
}
