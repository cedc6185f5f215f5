import { chmodSync, chownSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyCommand } from '../../src/engine/receipt.ts';
import type { PrivateHost } from '../helpers/private-host.ts';
import { fileAction, newAttempt, SHELLS } from '../helpers/receipt-host.ts';
import { AT_ONCE, createTargetHost, reservedPorts, type TargetHost } from '../helpers/receipt-target.ts';

describe.each(SHELLS)('what is written under a receipt kept by %s', (shell) => {
  let kept: TargetHost;
  let host: PrivateHost;
  let target: string;

  beforeEach(async () => {
    kept = await createTargetHost(shell);
    ({ host, target } = kept);
  });
  afterEach(() => kept[Symbol.asyncDispose]());

  test('leaves no new file beside the target when it cannot be moved into place', async () => {
    host.refuse('mv*');
    expect(await kept.apply(newAttempt(), [fileAction(target, null, 'new\n')])).toMatchObject({ state: 'failed' });
    expect([existsSync(target), kept.leftovers()]).toEqual([false, []]);
  });

  test('changes nothing in a read-only directory', async () => {
    await kept.sh(
      'mount -t tmpfs none "$1" && echo old >"$1/60-app.conf" && mount -o remount,ro "$1"',
      join(host.dir, 'etc'),
    );
    const given = await kept.apply(newAttempt(), [reservedPorts('', '8081'), fileAction(target, 'old\n', 'new\n')]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(/Read-only file system[\s\S]*nothing was changed/);
    expect([await kept.key(), await kept.sh('cat "$1"', target)]).toEqual(['', 'old\n']);
  });

  test('starts nothing without a place for its receipt', async () => {
    await kept.sh('mount -o remount,ro /var/lib/countersign');
    const { argv } = applyCommand(newAttempt(), [fileAction(target, null, 'new\n')], AT_ONCE);
    const ran = await host.run(argv, { HOME: '/proc' });
    expect(ran).toMatchObject({
      exitCode: 69,
      stdout: '',
      stderr: expect.stringContaining('no directory for receipts'),
    });
    expect(existsSync(target)).toBe(false);
  });

  test('keeps its receipt at home when /var/lib cannot be written, and undo finds it there later', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    await kept.sh('mount -o remount,ro /var/lib/countersign');
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'done' });
    expect(readdirSync(join(host.dir, 'home/.local/state/countersign/attempts'))).toEqual([id]);
    await kept.sh('mount -o remount,rw /var/lib/countersign');
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect(existsSync(target)).toBe(false);
  });

  test('starts nothing when the disk that holds receipts is full', async () => {
    await kept.sh(
      'mount -t tmpfs -o size=64k,nr_inodes=3 none /var/lib/countersign && mkdir /var/lib/countersign/attempts && touch /var/lib/countersign/x',
    );
    const ran = await host.run(applyCommand(newAttempt(), [fileAction(target, null, 'new\n')], AT_ONCE).argv);
    expect(ran).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('disk full') });
    expect(host.sudoRan()).toEqual([]);
  });

  test.each([
    ['quotes and shell words', `a "b" 'c' $HOME \`id\` $(id) ; & | > \\\n`],
    ['percent signs and backslashes', '100%s %n \\n \\\\ \\0\n\n\n'],
    ['a leading dash', '-n -e\n'],
    ['no newline at the end', 'key = 1'],
    ['UTF-8', 'größe = 5 µs → 日本\n'],
    ['nothing', ''],
  ])('writes %s as they are, and takes them back', async (_what, content) => {
    const id = newAttempt();
    writeFileSync(target, content);
    const actions = [fileAction(target, content, `${content}more ${content}`)];
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'done' });
    expect(kept.text()).toBe(`${content}more ${content}`);
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect(kept.text()).toBe(content);
  });

  test('gives a new file mode 0644 whatever the umask', async () => {
    const { argv } = applyCommand(newAttempt(), [fileAction(target, null, 'new\n')], AT_ONCE);
    await host.run(['sh', '-c', 'umask 077; exec "$@"', 'sh', ...argv]);
    expect(statSync(target).mode & 0o777).toBe(0o644);
  });

  test('keeps the owner and the permissions of a file that it replaces', async () => {
    writeFileSync(target, 'old\n');
    chmodSync(target, 0o640);
    chownSync(target, 33, 42);
    const id = newAttempt();
    const actions = [fileAction(target, 'old\n', 'new\n')];
    const attributes = () => [statSync(target).mode & 0o7777, statSync(target).uid, statSync(target).gid];
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'done' });
    expect([kept.text(), ...attributes()]).toEqual(['new\n', 0o640, 33, 42]);
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect([kept.text(), ...attributes()]).toEqual(['old\n', 0o640, 33, 42]);
  });
});
