import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemIds } from '../../src/base/ids.ts';
import type { Host } from '../../src/inventory/host.ts';
import { createHostKeys } from '../../src/ssh/host-key-desk.ts';
import { never, uname } from '../helpers/read-steps.ts';
import { transportWith } from '../helpers/ssh-transport.ts';
import { freePort, startSshd, type TestSshd } from '../helpers/sshd.ts';

const keys = createHostKeys({ clock: systemClock, ids: systemIds });

describe('making host keys known', () => {
  let sshd: TestSshd;
  let file: string;
  let count = 0;
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa'] });
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    count += 1;
    file = join(sshd.dir, `scene-${count}`, 'known_hosts');
  });

  const host = (overrides: Partial<Host> = {}) => sshd.host({ hostKey: undefined, knownHosts: file, ...overrides });
  const write = (text: string) => {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
  };
  const bare = (type: 'ed25519' | 'ecdsa') => sshd.publicKey(type).split(' ').slice(0, 2).join(' ');
  const trust = async () => keys.trust(host(), (await keys.look(host(), never)).fingerprint, never);

  test('shows the key as ssh-keygen does, and logs nobody in', async () => {
    const shown = await keys.look(host(), never);
    const printed = execFileSync('ssh-keygen', ['-lf', '-'], { input: sshd.publicKey('ed25519'), encoding: 'utf8' });
    expect(printed).toContain(shown.fingerprint);
    expect(shown).toMatchObject({
      type: 'ssh-ed25519',
      file,
      name: `[127.0.0.1]:${sshd.port}`,
      known: { kind: 'new' },
    });
    expect(sshd.log()).not.toContain('Accepted');
  });

  test('adds the key to a file and folder that are not there yet, for the owner alone; the transport trusts it then', async () => {
    await trust();
    expect(readFileSync(file, 'utf8')).toBe(`[127.0.0.1]:${sshd.port} ${bare('ed25519')}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
    expect(await keys.look(host(), never)).toMatchObject({ known: { kind: 'trusted', line: 1 } });
    await using transport = transportWith();
    expect((await transport.read(host(), uname, { signal: never })).kind).toBe('ok');
  });

  test('keeps what is there, also without a newline at the end, and adds nothing twice', async () => {
    write('# ours\nother.example ssh-ed25519 AAAA');
    await trust();
    await trust();
    expect(readFileSync(file, 'utf8')).toBe(
      `# ours\nother.example ssh-ed25519 AAAA\n[127.0.0.1]:${sshd.port} ${bare('ed25519')}\n`,
    );
    expect(readdirSync(join(file, '..'))).toEqual(['known_hosts']);
  });

  test('keeps every byte of a comment in another encoding', async () => {
    const old = Buffer.from('# le serveur de caf\xe9\n', 'latin1');
    write('');
    writeFileSync(file, old);
    await trust();
    expect(readFileSync(file).subarray(0, old.length)).toEqual(old);
    expect(await keys.look(host(), never)).toMatchObject({ known: { kind: 'trusted', line: 2 } });
  });

  test('leaves the file to whoever could read it, for the bot may be another user than the one who vouches', async () => {
    write('# ours\n');
    chownSync(file, 65_534, 65_533);
    chmodSync(file, 0o640);
    await trust();
    const { uid, gid, mode } = statSync(file);
    expect([uid, gid, mode & 0o777]).toEqual([65_534, 65_533, 0o640]);
  });

  test('hashes the name where names are hashed, as ssh-keygen finds it', async () => {
    write(`other.example ${bare('ecdsa')}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    await trust();
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('127.0.0.1');
    const name = `[127.0.0.1]:${sshd.port}`;
    expect(execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' })).toContain('line 2');
    expect(await keys.look(host(), never)).toMatchObject({ known: { kind: 'trusted', line: 2 } });
  });

  test('writes where a link points', async () => {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(`${file}.real`, '');
    symlinkSync(`${file}.real`, file);
    await trust();
    expect(readFileSync(`${file}.real`, 'utf8')).toContain(bare('ed25519'));
    expect(readdirSync(join(file, '..')).sort()).toEqual(['known_hosts', 'known_hosts.real']);
  });

  test('names the line of another key for this name, and does not add a second one', async () => {
    const name = `[127.0.0.1]:${sshd.port}`;
    await using other = await startSshd();
    write(`# old\n${name} ${other.publicKey('ed25519')}\n`);
    const shown = await keys.look(host(), never);
    expect(shown.known).toMatchObject({ kind: 'different', line: 2, type: 'ssh-ed25519' });
    const trusting = keys.trust(host(), shown.fingerprint, never);
    await expect(trusting).rejects.toMatchObject({ code: 'ssh/host-key-changed' });
    expect(readFileSync(file, 'utf8')).not.toContain(bare('ed25519'));
  });

  test('a key of the plain name is that of another sshd; a revoked one counts for every port', async () => {
    await using other = await startSshd();
    write(`127.0.0.1 ${other.publicKey('ed25519')}\n`);
    expect((await keys.look(host(), never)).known).toEqual({ kind: 'new' });
    write(`\n@revoked 127.0.0.1 ${bare('ed25519')}\n`);
    expect((await keys.look(host(), never)).known).toEqual({ kind: 'revoked', line: 2 });
  });

  test('asks first for a key of the type that is known', async () => {
    write(`[127.0.0.1]:${sshd.port} ${bare('ecdsa')}\n`);
    expect(await keys.look(host(), never)).toMatchObject({ type: 'ecdsa-sha2-nistp256', known: { kind: 'trusted' } });
  });

  test('trusts nothing but the key that was vouched for', async () => {
    const trusting = keys.trust(host(), `SHA256:${'A'.repeat(43)}`, never);
    await expect(trusting).rejects.toMatchObject({ code: 'ssh/host-key-changed' });
    expect(() => readFileSync(file)).toThrow();
  });

  test('says what to do about hosts that are away, pinned, or whose file cannot be read', async () => {
    const away = keys.look(host({ port: await freePort() }), never);
    await expect(away).rejects.toMatchObject({
      code: 'ssh/unreachable',
      hint: expect.stringMatching(/^Check that sshd runs/),
    });
    const pinned = keys.look(host({ hostKey: sshd.publicKey('ed25519') }), never);
    await expect(pinned).rejects.toMatchObject({ code: 'state/not-applicable' });
    mkdirSync(file, { recursive: true });
    await expect(keys.look(host(), never)).rejects.toMatchObject({ code: 'config/unreadable' });
    chmodSync(file, 0o755);
  });
});
