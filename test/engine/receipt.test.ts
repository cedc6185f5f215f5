import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyCommand, parseReceipt } from '../../src/engine/receipt.ts';
import type { PrivateHost } from '../helpers/private-host.ts';
import { fileAction, newAttempt, RECEIPTS, SHELLS } from '../helpers/receipt-host.ts';
import {
  AT_ONCE,
  createTargetHost,
  finTimeout,
  KEY_PATH,
  reservedPorts,
  type TargetHost,
} from '../helpers/receipt-target.ts';

describe.each(SHELLS)('a receipt kept by %s', (shell) => {
  let kept: TargetHost;
  let host: PrivateHost;
  let target: string;

  beforeEach(async () => {
    kept = await createTargetHost(shell);
    ({ host, target } = kept);
  });
  afterEach(() => kept[Symbol.asyncDispose]());

  test('says that it is done once, and never does it again, not even when it was changed back by hand', async () => {
    const id = newAttempt();
    const actions = [reservedPorts('', '8081,8090'), fileAction(target, null, 'a = 1\n')];
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'done' });
    expect([await kept.key(), kept.text()]).toEqual(['8081,8090', 'a = 1\n']);
    await kept.setKey('');
    writeFileSync(target, 'by hand');
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'done' });
    expect(await kept.status(id)).toMatchObject({ state: 'done' });
    expect([await kept.key(), kept.text()]).toEqual(['', 'by hand']);
    expect(host.sudoRan().filter((line) => line.startsWith('tee'))).toHaveLength(2);
  });

  test('lets one of six concurrent starters do it; all get its answer', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'once\n')];
    const answers = await Promise.all(Array.from({ length: 6 }, () => kept.apply(id, actions)));
    expect(answers.map((given) => given.state)).toEqual(Array(6).fill('done'));
    expect(host.sudoRan().filter((line) => line.startsWith('tee'))).toHaveLength(1);
  });

  test('says never of an attempt it does not know, and makes nothing by being asked', async () => {
    expect(await kept.status(newAttempt())).toEqual({ state: 'never', output: '' });
    expect(await kept.sh('ls -A /var/lib/countersign "$HOME"')).not.toContain('attempts');
  });

  test.each([
    ['an existing file', [fileAction('TARGET', 'expected\n', 'after\n')], 'something else\n'],
    ['a file that should not be there', [fileAction('TARGET', null, 'after\n')], 'something else\n'],
    [
      'a setting, with a file after it',
      [reservedPorts('9999', '8081'), fileAction('TARGET', 'something else\n', 'after\n')],
      'something else\n',
    ],
    [
      'a file, with a setting before it',
      [reservedPorts('', '8081'), fileAction('TARGET', 'expected\n', 'after\n')],
      'something else\n',
    ],
  ])('changes nothing when %s is not as approved', async (_what, planned, there) => {
    writeFileSync(target, there);
    const actions = planned.map((action) => (action.kind === 'file' ? { ...action, path: target } : action));
    expect(await kept.apply(newAttempt(), actions)).toMatchObject({ state: 'drifted' });
    expect([await kept.key(), kept.text(), host.sudoRan()]).toEqual(['', there, []]);
  });

  test('restores the first action when sudo refuses the second', async () => {
    const id = newAttempt();
    await kept.setKey('9000');
    host.refuse('mv*60-app*');
    const given = await kept.apply(id, [reservedPorts('9000', '8081,9000'), fileAction(target, null, 'new\n')]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toContain('everything was restored');
    expect(await kept.sh(`cat ${RECEIPTS}/$1/rc`, id)).toBe('70\n');
    expect([await kept.key(), existsSync(target), kept.leftovers()]).toEqual(['9000', false, []]);
  });

  test('takes back what it had done backwards when its last action fails', async () => {
    const first = await finTimeout(kept, 1);
    // The kernel writes two neighbours as a range, so the second setting is written and then not as approved.
    const given = await kept.apply(newAttempt(), [first.action, reservedPorts('', '8081,8082')]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(/does not hold what was written\neverything was restored$/);
    expect([await kept.key(), await first.value()]).toEqual(['', first.before]);
    expect(host.sudoRan()).toEqual([first.path, KEY_PATH, KEY_PATH, first.path].map((path) => `tee ${path}`));
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
    const given = await kept.apply(newAttempt(), [
      fileAction(target, 'old\n', 'new\n'),
      fileAction(second, 'old\n', 'new\n'),
    ]);
    expect(given).toMatchObject({ state: 'unrestored' });
    expect(given.output).toContain(`${target} could not be restored`);
    expect(kept.text()).toBe('new\n');
  });

  test('changes nothing when sudo refuses to write a file beside its target', async () => {
    host.refuse('tee*60-app*');
    const given = await kept.apply(newAttempt(), [reservedPorts('', '8081'), fileAction(target, null, 'new\n')]);
    expect(given).toMatchObject({ state: 'failed', output: expect.stringContaining('nothing was changed') });
    expect([await kept.key(), existsSync(target), kept.leftovers()]).toEqual(['', false, []]);
  });

  test('reports work that was killed in the middle as interrupted, and undo restores what it had done', async () => {
    const id = newAttempt();
    const actions = [reservedPorts('', '8081'), fileAction(target, null, 'new\n')];
    const starter = await kept.startHanging(id, actions);
    const [, pid] = (await kept.sh(`cat ${RECEIPTS}/$1/owner`, id)).split(' ');
    process.kill(-Number(pid), 'SIGKILL');
    await once(starter, 'close');
    expect(await kept.status(id)).toMatchObject({ state: 'interrupted' });
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'interrupted' });
    host.delay('');
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect([await kept.key(), existsSync(target)]).toEqual(['', false]);
  });

  test('is not deceived by another process with the same pid, nor by another boot', async () => {
    const id = newAttempt();
    await kept.sh(
      `mkdir -p ${RECEIPTS}/$1; cat /proc/sys/kernel/random/boot_id | tr -d '\\n' >${RECEIPTS}/$1/owner; echo " $2 12345" >>${RECEIPTS}/$1/owner`,
      id,
      String(process.pid),
    );
    expect(await kept.status(id)).toMatchObject({ state: 'interrupted' });
    const start = readFileSync(`/proc/${process.pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[19];
    await kept.sh(
      `echo "00000000-0000-0000-0000-000000000000 $2 $3" >${RECEIPTS}/$1/owner`,
      id,
      String(process.pid),
      String(start),
    );
    expect(await kept.status(id)).toMatchObject({ state: 'interrupted' });
  });

  test('goes on when the shell that started it is killed; whoever asks next adopts the result', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    host.delay('tee*60-app*', 2);
    const starter = host.spawn(applyCommand(id, actions, AT_ONCE).argv, {});
    await expect.poll(() => kept.sh(`cat ${RECEIPTS}/${id}/owner`), { timeout: 10_000 }).not.toBe('');
    starter.kill('SIGKILL');
    expect(await kept.status(id)).toMatchObject({ state: 'done' });
    expect(kept.text()).toBe('new\n');
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
