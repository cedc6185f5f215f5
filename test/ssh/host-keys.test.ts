import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint, trustOf } from '../../src/ssh/host-keys.ts';
import { keyType } from '../../src/ssh/known-hosts.ts';
import { keygen, testHost } from '../helpers/sshd.ts';

describe('what is known about a host key', () => {
  let dir: string;
  let ours: string;
  let other: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
    keygen('ed25519', join(dir, 'ours'));
    keygen('ed25519', join(dir, 'other'));
    ours = bare(join(dir, 'ours.pub'));
    other = bare(join(dir, 'other.pub'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const bare = (file: string) => readFileSync(file, 'utf8').split(' ').slice(0, 2).join(' ');
  const wire = (line: string) => Buffer.from(line.split(' ')[1] ?? '', 'base64');
  const keygenPrint = (file: string) => execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).split(' ')[1];

  /** The verdict on our key for an address and port, from the lines of a known_hosts file. */
  async function verdict(lines: readonly string[], address = 'web-1.example', port = 22) {
    const knownHosts = join(dir, 'known_hosts');
    writeFileSync(knownHosts, `${lines.join('\n')}\n`);
    const trust = await trustOf(testHost({ address, port, knownHosts }));
    return trust.judge(wire(ours))?.kind ?? 'trusted';
  }

  test('fingerprints are those of ssh-keygen -l', () => {
    expect(fingerprint(wire(ours))).toBe(keygenPrint(join(dir, 'ours.pub')));
  });

  test('a pinned key trusts that key alone, and asks for its type', async () => {
    const trust = await trustOf(testHost({ hostKey: `${ours} root@web-1` }));
    expect(trust.types).toEqual(['ssh-ed25519']);
    expect(trust.judge(wire(ours))).toBeUndefined();
    const refused = trust.judge(wire(other));
    expect(refused?.kind).toBe('host_key_mismatch');
    expect(refused?.detail).toContain(fingerprint(wire(ours)));
    expect(refused?.detail).toContain(fingerprint(wire(other)));
  });

  test('a pinned fingerprint trusts that key alone', async () => {
    const trust = await trustOf(testHost({ hostKey: fingerprint(wire(ours)) }));
    expect(trust.judge(wire(ours))).toBeUndefined();
    expect(trust.judge(wire(other))?.kind).toBe('host_key_mismatch');
  });

  test.each(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', 'nonsense', 'MD5:00:11'])(
    'a pin %j trusts nothing',
    async (hostKey) => {
      expect((await trustOf(testHost({ hostKey }))).judge(wire(ours))?.kind).toBe('host_key_unknown');
    },
  );

  test('a pin of another type than its key trusts nothing', async () => {
    const hostKey = ours.replace('ssh-ed25519', 'ssh-rsa');
    expect((await trustOf(testHost({ hostKey }))).judge(wire(ours))?.kind).toBe('host_key_unknown');
  });

  test('nothing known trusts nothing, and says how to pin what was seen', async () => {
    const refused = (await trustOf(testHost({}))).judge(wire(ours));
    expect(refused?.kind).toBe('host_key_unknown');
    expect(refused?.detail).toContain(`pin "${fingerprint(wire(ours))}"`);
  });

  test('a key that known_hosts lacks can be trusted with a command that is named', async () => {
    const knownHosts = join(dir, 'known_hosts_empty');
    writeFileSync(knownHosts, '');
    const refused = (await trustOf(testHost({ knownHosts }))).judge(wire(ours));
    expect(refused?.detail).toContain('`countersign hosts trust web-1`');
  });

  test('a pinned key goes before the known_hosts file', async () => {
    const knownHosts = join(dir, 'known_hosts');
    writeFileSync(knownHosts, `web-1.example ${ours}\n`);
    const trust = await trustOf(testHost({ address: 'web-1.example', hostKey: other, knownHosts }));
    expect(trust.judge(wire(ours))?.kind).toBe('host_key_mismatch');
  });

  test('a known_hosts file that is not there trusts nothing', async () => {
    const trust = await trustOf(testHost({ knownHosts: join(dir, 'absent') }));
    expect(trust.judge(wire(ours))?.kind).toBe('host_key_unknown');
  });

  test.each([
    ['the name', 'web-1.example', 'web-1.example', 22, 'trusted'],
    ['the name in capitals', 'WEB-1.example', 'web-1.EXAMPLE', 22, 'trusted'],
    ['one of several names', 'a,web-1.example,b', 'web-1.example', 22, 'trusted'],
    ['a wildcard', '*.example', 'web-1.example', 22, 'trusted'],
    ['a question mark', 'web-?.example', 'web-1.example', 22, 'trusted'],
    ['a question mark for nothing', 'web-1?.example', 'web-1.example', 22, 'host_key_unknown'],
    ['a dot that is only a dot', 'web-1xexample', 'web-1.example', 22, 'host_key_unknown'],
    ['a part of the name', 'web-1', 'web-1.example', 22, 'host_key_unknown'],
    ['a negated name', '*.example,!web-1.example', 'web-1.example', 22, 'host_key_unknown'],
    ['only a negation', '!web-2.example', 'web-1.example', 22, 'host_key_unknown'],
    ['a port', '[web-1.example]:2222', 'web-1.example', 2222, 'trusted'],
    ['another port', '[web-1.example]:2223', 'web-1.example', 2222, 'host_key_unknown'],
    ['a port, for port 22', '[web-1.example]:2222', 'web-1.example', 22, 'host_key_unknown'],
    ['the name without a port', 'web-1.example', 'web-1.example', 2222, 'trusted'],
    ['many stars', '*****************a*b', 'web-1.example', 22, 'host_key_unknown'],
  ])('a line for %s: %s for %s port %i is %s', async (_name, hosts, address, port, expected) => {
    expect(await verdict([`${hosts} ${ours} comment`], address, port)).toBe(expected);
  });

  test('names hashed by ssh-keygen -H are found, with and without a port', async () => {
    const file = join(dir, 'hashed');
    writeFileSync(file, `web-1.example ${ours}\n[web-2.example]:2222 ${ours}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.join('\n')).not.toContain('example');
    expect(await verdict(lines)).toBe('trusted');
    expect(await verdict(lines, 'web-2.example', 2222)).toBe('trusted');
    expect(await verdict(lines, 'web-3.example')).toBe('host_key_unknown');
  });

  test('another key for the host is a mismatch, but one of several is trusted', async () => {
    expect(await verdict([`web-1.example ${other}`])).toBe('host_key_mismatch');
    expect(await verdict([`web-1.example ${other}`, `web-1.example ${ours}`])).toBe('trusted');
  });

  test('a revoked key is refused even where it is also trusted', async () => {
    const lines = [`web-1.example ${ours}`, `@revoked * ${ours}`];
    expect(await verdict(lines)).toBe('host_key_mismatch');
    expect(await verdict(lines, 'web-1.example', 2222)).toBe('host_key_mismatch');
    expect(await verdict([`web-1.example ${ours}`, `@revoked * ${other}`])).toBe('trusted');
  });

  test('a certificate authority is not a host key, and the refusal says that it is not used', async () => {
    const knownHosts = join(dir, 'known_hosts');
    writeFileSync(knownHosts, `@cert-authority *.example ${ours}\n`);
    const refused = (await trustOf(testHost({ address: 'web-1.example', knownHosts }))).judge(wire(ours));
    expect(refused?.kind).toBe('host_key_unknown');
    expect(refused?.detail).toContain('@cert-authority');
  });

  test('comments, markers nobody knows and broken lines are passed over', async () => {
    const lines = [
      '# note',
      '',
      '@strange web-1.example x y',
      'web-1.example',
      'web-1.example ssh-ed25519 %%%',
      '|1|x|y z w',
    ];
    expect(await verdict(lines)).toBe('host_key_unknown');
    expect(await verdict([...lines, `  web-1.example\t${ours}`])).toBe('trusted');
  });

  test('a key that is cut off has no type', () => {
    expect(keyType(wire(ours))).toBe('ssh-ed25519');
    expect(keyType(wire(ours).subarray(0, 9))).toBeUndefined();
    expect(keyType(Buffer.alloc(0))).toBeUndefined();
  });
});
