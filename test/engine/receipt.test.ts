import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptId } from '../../src/base/ids.ts';
import { applyCommand, parseReceipt } from '../../src/engine/receipt.ts';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import type { PrivateHost } from '../helpers/private-host.ts';
import {
  createReceiptHost,
  fileAction,
  newAttempt,
  RECEIPTS,
  type ReceiptHost,
  SHELLS,
} from '../helpers/receipt-host.ts';

const KEY = 'net.ipv4.ip_local_reserved_ports';
const KEY_PATH = '/proc/sys/net/ipv4/ip_local_reserved_ports';
/** Without commit-confirm. */
const AT_ONCE = { confirmWithinSeconds: 0 };

const sysctl = (before: string, after: string): ChangeAction => ({ kind: 'sysctl', key: KEY, before, after });

describe.each(SHELLS)('a receipt kept by %s', (shell) => {
  let kept: ReceiptHost;
  let host: PrivateHost;
  let target: string;

  beforeEach(async () => {
    kept = await createReceiptHost(shell);
    host = kept.host;
    target = join(kept.etc, '60-app.conf');
  });
  afterEach(() => kept[Symbol.asyncDispose]());

  const apply = (id: AttemptId, actions: readonly ChangeAction[]) => kept.apply(id, actions);
  const undo = (id: AttemptId, actions: readonly ChangeAction[], request = 1, wasApplied = false) =>
    kept.undo(id, actions, request, wasApplied);
  const status = (receipt: string) => kept.status(receipt);
  const sh = (script: string, ...args: string[]) => kept.sh(script, ...args);
  const setKey = (value: string) => sh(`echo "$1" >${KEY_PATH}`, value);
  const key = async () => (await sh(`cat ${KEY_PATH}`)).trim();
  const leftovers = () => readdirSync(join(host.dir, 'etc')).filter((name) => name.includes('.new'));
  const text = () => readFileSync(target, 'utf8');
  /** Starts an attempt that sets 8081 first, and waits until it is in the middle of its second action. */
  const startHanging = async (id: AttemptId, actions: readonly ChangeAction[]) => {
    host.delay('mv*60-app*', 30);
    const starter = host.spawn(applyCommand(id, actions, AT_ONCE).argv);
    await expect.poll(() => host.pidsWith('sleep\u000030').length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await key()).toBe('8081');
    return starter;
  };

  test('says that it is done once, and never does it again, not even when it was changed back by hand', async () => {
    const id = newAttempt();
    const actions = [sysctl('', '8081,8090'), fileAction(target, null, 'a = 1\n')];
    expect(await apply(id, actions)).toMatchObject({ state: 'done' });
    expect([await key(), text()]).toEqual(['8081,8090', 'a = 1\n']);
    await setKey('');
    writeFileSync(target, 'by hand');
    expect(await apply(id, actions)).toMatchObject({ state: 'done' });
    expect(await status(id)).toMatchObject({ state: 'done' });
    expect([await key(), text()]).toEqual(['', 'by hand']);
    expect(host.sudoRan().filter((line) => line.startsWith('tee'))).toHaveLength(2);
  });

  test('lets one of six concurrent starters do it; all get its answer', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'once\n')];
    const answers = await Promise.all(Array.from({ length: 6 }, () => apply(id, actions)));
    expect(answers.map((given) => given.state)).toEqual(Array(6).fill('done'));
    expect(host.sudoRan().filter((line) => line.startsWith('tee'))).toHaveLength(1);
  });

  test('says never of an attempt it does not know, and makes nothing by being asked', async () => {
    expect(await status(newAttempt())).toEqual({ state: 'never', output: '' });
    expect(await sh('ls -A /var/lib/countersign "$HOME"')).not.toContain('attempts');
  });

  test('undo restores an existing file byte for byte and an empty setting', async () => {
    const id = newAttempt();
    const before = 'x = "ünï"\\n % $HOME `id`\nno newline at the end';
    writeFileSync(target, before);
    const actions = [sysctl('', '8081-8083'), fileAction(target, before, 'other\n')];
    expect(await apply(id, actions)).toMatchObject({ state: 'done' });
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect([await key(), text()]).toEqual(['', before]);
    expect(leftovers()).toEqual([]);
  });

  test('undo removes a file that was not there, and runs once', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    await apply(id, actions);
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, 'new\n');
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect(text()).toBe('new\n');
  });

  test('undo refuses a target that somebody changed since, leaves all of them, and can be asked for again', async () => {
    const id = newAttempt();
    const actions = [sysctl('', '8081'), fileAction(target, null, 'new\n')];
    await apply(id, actions);
    writeFileSync(target, 'by hand');
    const refused = await undo(id, actions);
    expect(refused).toMatchObject({ state: 'drifted' });
    expect(refused.output).toContain(`${target} was changed by somebody since`);
    expect([await key(), text()]).toEqual(['8081', 'by hand']);
    writeFileSync(target, 'new\n');
    expect(await undo(id, actions)).toMatchObject({ state: 'drifted' });
    expect(await undo(id, actions, 2)).toMatchObject({ state: 'done' });
    expect([await key(), existsSync(target)]).toEqual(['', false]);
  });

  test('undo of an attempt that never began closes it for good', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    expect(await undo(id, actions)).toMatchObject({ state: 'done', output: expect.stringContaining('never begun') });
    expect(await apply(id, actions)).toMatchObject({ state: 'failed' });
    expect(existsSync(target)).toBe(false);
  });

  test.each([
    ['were collected', 'rm -rf "$1"'],
    ['are damaged', 'rm -rf "$1/ready" "$1/pre"'],
  ])('undo of an applied attempt whose pre-images %s says that it cannot be done, each time', async (_how, lose) => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    await apply(id, actions);
    await sh(lose, `/var/lib/countersign/attempts/${id}`);
    for (const request of [1, 2]) {
      const undone = await undo(id, actions, request, true);
      expect(undone).toMatchObject({ state: 'failed' });
      expect(undone.output).toContain('its receipt is not on this host any more');
    }
    expect(text()).toBe('new\n');
  });

  test('undo of a failed attempt finds everything restored and changes nothing', async () => {
    const id = newAttempt();
    const actions = [sysctl('', '8081'), fileAction(target, null, 'new\n')];
    host.refuse('mv*60-app*');
    expect(await apply(id, actions)).toMatchObject({ state: 'failed' });
    host.refuse('');
    const ran = host.sudoRan().length;
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect(host.sudoRan()).toHaveLength(ran);
  });

  test('undo leaves the target alone when the attempt was killed while it captured the pre-image', async () => {
    const id = newAttempt();
    writeFileSync(target, 'before\n');
    await sh(
      `mkdir -p ${RECEIPTS}/$1/pre && printf bef >${RECEIPTS}/$1/pre/1 && echo "x 1 1" >${RECEIPTS}/$1/owner`,
      id,
    );
    expect(await undo(id, [fileAction(target, 'before\n', 'after\n')])).toMatchObject({ state: 'done' });
    expect([text(), host.sudoRan()]).toEqual(['before\n', []]);
  });

  test('undo refuses a damaged pre-image', async () => {
    const id = newAttempt();
    writeFileSync(target, 'before\n');
    const actions = [fileAction(target, 'before\n', 'after\n')];
    await apply(id, actions);
    await sh(`printf bef >${RECEIPTS}/$1/pre/1`, id);
    expect(await undo(id, actions)).toMatchObject({ state: 'failed', output: expect.stringContaining('damaged') });
    expect(text()).toBe('after\n');
  });

  test.each([
    ['an existing file', [fileAction('TARGET', 'expected\n', 'after\n')], 'something else\n'],
    ['a file that should not be there', [fileAction('TARGET', null, 'after\n')], 'something else\n'],
    [
      'a setting, with a file after it',
      [sysctl('9999', '8081'), fileAction('TARGET', 'something else\n', 'after\n')],
      'something else\n',
    ],
    [
      'a file, with a setting before it',
      [sysctl('', '8081'), fileAction('TARGET', 'expected\n', 'after\n')],
      'something else\n',
    ],
  ])('changes nothing when %s is not as approved', async (_what, planned, there) => {
    writeFileSync(target, there);
    const actions = planned.map((action) => (action.kind === 'file' ? { ...action, path: target } : action));
    expect(await apply(newAttempt(), actions)).toMatchObject({ state: 'drifted' });
    expect([await key(), text(), host.sudoRan()]).toEqual(['', there, []]);
  });

  test('restores the first action when sudo refuses the second', async () => {
    const id = newAttempt();
    await setKey('9000');
    host.refuse('mv*60-app*');
    const given = await apply(id, [sysctl('9000', '8081,9000'), fileAction(target, null, 'new\n')]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toContain('everything was restored');
    expect(await sh(`cat ${RECEIPTS}/$1/rc`, id)).toBe('70\n');
    expect([await key(), existsSync(target), leftovers()]).toEqual(['9000', false, []]);
  });

  test('leaves no new file beside the target when it cannot be moved into place', async () => {
    host.refuse('mv*');
    expect(await apply(newAttempt(), [fileAction(target, null, 'new\n')])).toMatchObject({ state: 'failed' });
    expect([existsSync(target), leftovers()]).toEqual([false, []]);
  });

  test('says so when what it had done could not be taken back', async () => {
    const second = join(host.dir, 'etc/70-second.conf');
    host.refuse('mv*70-second*');
    writeFileSync(second, 'old\n');
    writeFileSync(target, 'old\n');
    const sudo = join(host.dir, 'bin/sudo');
    const script = readFileSync(sudo, 'utf8');
    // sudo refuses everything once it has refused something, as when its rights are withdrawn in the middle.
    writeFileSync(sudo, script.replace('echo "sudo: a', `printf '*' >"$here/refused"; echo "sudo: a`));
    const given = await apply(newAttempt(), [
      fileAction(target, 'old\n', 'new\n'),
      fileAction(second, 'old\n', 'new\n'),
    ]);
    expect(given).toMatchObject({ state: 'unrestored' });
    expect(given.output).toContain(`${target} could not be restored`);
    expect(text()).toBe('new\n');
  });

  test('changes nothing when sudo refuses to write a file beside its target', async () => {
    host.refuse('tee*60-app*');
    const given = await apply(newAttempt(), [sysctl('', '8081'), fileAction(target, null, 'new\n')]);
    expect(given).toMatchObject({ state: 'failed', output: expect.stringContaining('nothing was changed') });
    expect([await key(), existsSync(target), leftovers()]).toEqual(['', false, []]);
  });

  test('reports work that was killed in the middle as interrupted, and undo restores what it had done', async () => {
    const id = newAttempt();
    const actions = [sysctl('', '8081'), fileAction(target, null, 'new\n')];
    const starter = await startHanging(id, actions);
    const [, pid] = (await sh(`cat ${RECEIPTS}/$1/owner`, id)).split(' ');
    process.kill(-Number(pid), 'SIGKILL');
    await once(starter, 'close');
    expect(await status(id)).toMatchObject({ state: 'interrupted' });
    expect(await apply(id, actions)).toMatchObject({ state: 'interrupted' });
    host.delay('');
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect([await key(), existsSync(target)]).toEqual(['', false]);
  });

  test('undo does nothing while the attempt is still at work', async () => {
    const id = newAttempt();
    const actions = [sysctl('', '8081'), fileAction(target, null, 'new\n')];
    await startHanging(id, actions);
    expect(await undo(id, actions)).toMatchObject({
      state: 'failed',
      output: expect.stringContaining('still at work'),
    });
    expect(await key()).toBe('8081');
  });

  test('undo does not wait for an attempt that has reported its end but has not quite exited', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    await apply(id, actions);
    const start = readFileSync(`/proc/${process.pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[19];
    const owner = 'printf "%s %s %s\\n" "$(cat /proc/sys/kernel/random/boot_id)" "$2" "$3"';
    await sh(`${owner} >${RECEIPTS}/$1/owner`, id, String(process.pid), String(start));
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect(existsSync(target)).toBe(false);
  });

  test('is not deceived by another process with the same pid, nor by another boot', async () => {
    const id = newAttempt();
    await sh(
      `mkdir -p ${RECEIPTS}/$1; cat /proc/sys/kernel/random/boot_id | tr -d '\\n' >${RECEIPTS}/$1/owner; echo " $2 12345" >>${RECEIPTS}/$1/owner`,
      id,
      String(process.pid),
    );
    expect(await status(id)).toMatchObject({ state: 'interrupted' });
    const start = readFileSync(`/proc/${process.pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[19];
    await sh(
      `echo "00000000-0000-0000-0000-000000000000 $2 $3" >${RECEIPTS}/$1/owner`,
      id,
      String(process.pid),
      String(start),
    );
    expect(await status(id)).toMatchObject({ state: 'interrupted' });
  });

  test('goes on when the shell that started it is killed; whoever asks next adopts the result', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    host.delay('tee*60-app*', 2);
    const starter = host.spawn(applyCommand(id, actions, AT_ONCE).argv, {});
    await expect.poll(() => sh(`cat ${RECEIPTS}/${id}/owner`), { timeout: 10_000 }).not.toBe('');
    starter.kill('SIGKILL');
    expect(await status(id)).toMatchObject({ state: 'done' });
    expect(text()).toBe('new\n');
  });

  test('changes nothing in a read-only directory', async () => {
    await sh(
      'mount -t tmpfs none "$1" && echo old >"$1/60-app.conf" && mount -o remount,ro "$1"',
      join(host.dir, 'etc'),
    );
    const given = await apply(newAttempt(), [sysctl('', '8081'), fileAction(target, 'old\n', 'new\n')]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(/Read-only file system[\s\S]*nothing was changed/);
    expect([await key(), await sh('cat "$1"', target)]).toEqual(['', 'old\n']);
  });

  test('starts nothing without a place for its receipt', async () => {
    await sh('mount -o remount,ro /var/lib/countersign');
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
    await sh('mount -o remount,ro /var/lib/countersign');
    expect(await apply(id, actions)).toMatchObject({ state: 'done' });
    expect(readdirSync(join(host.dir, 'home/.local/state/countersign/attempts'))).toEqual([id]);
    await sh('mount -o remount,rw /var/lib/countersign');
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect(existsSync(target)).toBe(false);
  });

  test('starts nothing when the disk that holds receipts is full', async () => {
    await sh(
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
    expect(await apply(id, actions)).toMatchObject({ state: 'done' });
    expect(text()).toBe(`${content}more ${content}`);
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect(text()).toBe(content);
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
    expect(await apply(id, actions)).toMatchObject({ state: 'done' });
    expect([text(), ...attributes()]).toEqual(['new\n', 0o640, 33, 42]);
    expect(await undo(id, actions)).toMatchObject({ state: 'done' });
    expect([text(), ...attributes()]).toEqual(['old\n', 0o640, 33, 42]);
  });
});

describe('the answer of a receipt', () => {
  test('is read with its output, and anything else is not an answer', () => {
    expect(parseReceipt('receipt DONE 0\n/etc/x written\n')).toEqual({ state: 'done', output: '/etc/x written' });
    expect(parseReceipt('receipt DONE 137\n')).toMatchObject({ state: 'failed' });
    expect(parseReceipt('receipt RUNNING\n')).toMatchObject({ state: 'running' });
    expect(parseReceipt('Welcome!\n')).toBeUndefined();
    expect(parseReceipt('')).toBeUndefined();
  });
});
