import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptId } from '../../src/base/ids.ts';
import { ANSWER } from '../../src/engine/receipt/report.ts';
import { applyCommand, confirmCommand, parseConfirmation, parseReceipt } from '../../src/engine/receipt.ts';
import { createGuardedHost, type GuardedHost, LONG } from '../helpers/receipt-guarded.ts';
import { editAction, fileAction, newAttempt, RECEIPTS, SHELLS } from '../helpers/receipt-host.ts';

describe.each(SHELLS)('a change to be confirmed, under a receipt kept by %s', (shell) => {
  let receipts: GuardedHost;
  let target: string;
  let id: AttemptId;

  beforeEach(async () => {
    receipts = await createGuardedHost(shell);
    ({ target, id } = receipts);
  });
  afterEach(() => receipts[Symbol.asyncDispose]());

  test('is done at once, and taken back when nobody confirms it in time', async () => {
    const given = await receipts.apply(id, receipts.actions(), 1);
    expect(given).toMatchObject({ state: 'done' });
    await receipts.guardEnds(await receipts.owner(id));
    expect(receipts.text()).toBe('old\n');
    const status = await receipts.status(id);
    expect(status).toMatchObject({ state: 'reverted' });
    expect(status.output).toMatch(/not confirmed within 1 s; taking it back[\s\S]*everything was restored$/);
  });

  test('stays when it is confirmed; asking twice gives the same answer', async () => {
    await receipts.apply(id, receipts.actions(), 2);
    const pid = await receipts.owner(id);
    expect(receipts.runs(pid)).toBe(true);
    expect(await receipts.confirm(id)).toMatchObject({ state: 'confirmed' });
    expect(await receipts.confirm(id)).toMatchObject({ state: 'confirmed' });
    await receipts.guardEnds(pid);
    expect([receipts.text(), await receipts.said(id, 'settled')]).toEqual(['new\n', 'confirmed']);
    expect(await receipts.status(id)).toMatchObject({ state: 'done' });
  });

  test('cannot be confirmed once it was taken back', async () => {
    await receipts.apply(id, receipts.actions(), 1);
    await receipts.guardEnds(await receipts.owner(id));
    expect(await receipts.confirm(id)).toMatchObject({ state: 'reverted' });
    expect(await receipts.confirm(id)).toMatchObject({ state: 'reverted' });
    expect(receipts.text()).toBe('old\n');
  });

  test('is either confirmed or taken back when both come at the same moment', async () => {
    await receipts.apply(id, receipts.actions(), 1);
    // The guard looks each half second; these come in the middle between the deadline and its next look.
    const atDeadline = `exec sleep "$(awk '{ printf "%.2f", int($1) + 1.25 - $1 }' /proc/uptime)"`;
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        await receipts.sh(atDeadline);
        return (await receipts.confirm(id)).state;
      }),
    );
    await receipts.guardEnds(await receipts.owner(id));
    expect(new Set(answers).size).toBe(1);
    expect([answers[0], receipts.text()]).toEqual(
      answers[0] === 'confirmed' ? ['confirmed', 'new\n'] : ['reverted', 'old\n'],
    );
  });

  test('is settled by one of sixty that try at once', async () => {
    const race = `${ANSWER}
mkdir -p "$1/won"
for n in $(seq 20); do for word in confirmed reverted undone; do
  (until [ -e "$1/go" ]; do sleep 0.05; done; if answer "$1" settled $word; then : >"$1/won/$word-$n"; fi) &
done; done
sleep 0.5; : >"$1/go"; wait; ls "$1/won"; cat "$1/settled"`;
    const [winner = '', word, ...more] = (await receipts.sh(race, receipts.etc)).trim().split('\n');
    expect([winner.replace(/-\d+$/, ''), more]).toEqual([word, []]);
  });

  test('is left alone at its deadline when somebody changed the target since', async () => {
    await receipts.apply(id, receipts.actions(), 1);
    writeFileSync(target, 'by hand\n');
    await receipts.guardEnds(await receipts.owner(id));
    const status = await receipts.status(id);
    expect(status).toMatchObject({ state: 'drifted' });
    expect(status.output).toContain('was changed by somebody since; it was left alone');
    expect(await receipts.confirm(id)).toMatchObject({ state: 'drifted' });
    expect(receipts.text()).toBe('by hand\n');
  });

  test('is reported unrestored when it cannot be taken back, and undo can still do it later', async () => {
    const planned = receipts.actions();
    await receipts.apply(id, planned, 1);
    receipts.host.refuse('mv*');
    await receipts.guardEnds(await receipts.owner(id));
    expect(await receipts.status(id)).toMatchObject({ state: 'unrestored' });
    expect(receipts.text()).toBe('new\n');
    receipts.host.refuse('');
    expect(await receipts.undo(id, planned)).toMatchObject({ state: 'done' });
    expect(receipts.text()).toBe('old\n');
  });

  test('is running while its guard takes it back, and interrupted when the guard is killed in the middle of that', async () => {
    const planned = [fileAction(join(receipts.etc, 'a'), null, 'a\n'), ...receipts.actions()];
    await receipts.apply(id, planned, 1);
    receipts.host.delay('rm*', 30);
    await expect.poll(() => receipts.host.pidsWith('sleep\u000030').length, { timeout: 15_000 }).toBeGreaterThan(0);
    const pid = await receipts.owner(id);
    const first = await receipts.host.run(['timeout', '1', 'sh', '-c', 'exec "$@"', 'sh', ...confirmCommand(id).argv]);
    expect(first.stdout).toBe('');
    process.kill(-pid, 'SIGKILL');
    await receipts.guardEnds(pid);
    expect(await receipts.status(id)).toMatchObject({ state: 'interrupted' });
    expect(await receipts.confirm(id)).toMatchObject({ state: 'interrupted' });
    receipts.host.delay('');
    expect(await receipts.undo(id, planned)).toMatchObject({ state: 'done' });
    expect([existsSync(join(receipts.etc, 'a')), receipts.text()]).toEqual([false, 'old\n']);
  });

  test('is done and open when its guard was killed, and can be confirmed then', async () => {
    await receipts.apply(id, receipts.actions(), LONG);
    await receipts.kill();
    expect(await receipts.status(id)).toMatchObject({ state: 'done' });
    expect(await receipts.confirm(id)).toMatchObject({ state: 'confirmed' });
    expect(receipts.text()).toBe('new\n');
  });

  test('can be confirmed after a restart of the host', async () => {
    await receipts.apply(id, receipts.actions(), LONG);
    await receipts.kill();
    await receipts.sh(`sed -i 's/^[^ ]*/00000000-0000-0000-0000-000000000000/' ${RECEIPTS}/$1/owner`, id);
    expect(await receipts.confirm(id)).toMatchObject({ state: 'confirmed' });
  });

  test('keeps its guard when the shell that started it is killed with its group', async () => {
    const starter = receipts.host.spawn([
      'setsid',
      'sh',
      '-c',
      '"$@"; sleep 600',
      'sh',
      ...applyCommand(id, receipts.actions(), { confirmWithinSeconds: 1 }).argv,
    ]);
    await expect.poll(() => receipts.said(id, 'rc'), { timeout: 10_000 }).toBe('0');
    const guard = await receipts.owner(id);
    for (const pid of receipts.host.pidsWith('sleep\u0000600')) {
      const group = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[2]);
      process.kill(-group, 'SIGKILL');
    }
    starter.kill('SIGKILL');
    await receipts.guardEnds(guard);
    expect([receipts.text(), await receipts.said(id, 'guard')]).toEqual(['old\n', 'reverted']);
  });

  test('is not confirmed while it is not done: killed before its end, it is interrupted', async () => {
    receipts.host.delay('mv*', 30);
    const planned = receipts.actions();
    const starting = receipts.apply(id, planned, LONG);
    await expect.poll(() => receipts.host.pidsWith('sleep\u000030').length, { timeout: 10_000 }).toBeGreaterThan(0);
    process.kill(-(await receipts.owner(id)), 'SIGKILL');
    expect(await starting).toMatchObject({ state: 'interrupted' });
    expect(await receipts.confirm(id)).toMatchObject({ state: 'interrupted' });
    expect([receipts.text(), await receipts.said(id, 'settled')]).toEqual(['old\n', '']);
    receipts.host.delay('');
    expect(await receipts.undo(id, planned)).toMatchObject({ state: 'done' });
    expect([receipts.text(), await receipts.sh('ls -A "$1"', receipts.etc)]).toEqual(['old\n', 'app.conf\n']);
  });

  test('is whole and can be undone, at whatever moment it was killed', async () => {
    const other = join(receipts.etc, 'other.conf');
    writeFileSync(other, 'old\n');
    const states = new Set<string>();
    for (const [round, delayMs] of [0, 10, 20, 30, 40, 55, 70, 90, 120, 160, 250].entries()) {
      const attempt = newAttempt();
      const planned = [editAction(other, [{ at: 0, remove: 3, insert: 'new' }]), ...receipts.actions()];
      const starting = receipts.apply(attempt, planned, LONG);
      await expect.poll(() => receipts.said(attempt, 'owner'), { timeout: 10_000, interval: 5 }).not.toBe('');
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      process.kill(-(await receipts.owner(attempt)), 'SIGKILL');
      await starting;
      const { state } = await receipts.status(attempt);
      states.add(state);
      const texts = [readFileSync(other, 'utf8'), receipts.text()];
      expect(['old\n,old\n', 'new\n,old\n', 'new\n,new\n']).toContain(String(texts));
      if (state === 'done') expect(String(texts)).toBe('new\n,new\n');
      expect(await receipts.undo(attempt, planned), `round ${round}`).toMatchObject({ state: 'done' });
      expect([readFileSync(other, 'utf8'), receipts.text()]).toEqual(['old\n', 'old\n']);
      expect((await receipts.sh('ls -A "$1"', receipts.etc)).trim().split('\n')).toEqual(['app.conf', 'other.conf']);
    }
    expect([...states].filter((state) => state !== 'done' && state !== 'interrupted')).toEqual([]);
  }, 60_000);

  test('is not confirmed when it failed', async () => {
    receipts.host.refuse('mv*');
    await receipts.apply(id, receipts.actions(), LONG);
    expect(await receipts.confirm(id)).toMatchObject({ state: 'failed' });
    expect(receipts.text()).toBe('old\n');
  });

  test('is unknown where it was never made', async () => {
    expect(await receipts.confirm(id)).toEqual({ state: 'never', output: '' });
  });

  test('is taken back even when the disk of the receipts has become full', async () => {
    await receipts.sh('mount -t tmpfs -o size=256k none /var/lib/countersign');
    await receipts.apply(id, receipts.actions(), 2);
    await receipts.sh('cat /dev/zero >/var/lib/countersign/filler');
    await receipts.guardEnds(await receipts.owner(id));
    expect(await receipts.status(id)).toMatchObject({ state: 'reverted' });
    expect(receipts.text()).toBe('old\n');
  });
});

describe('the answer to a confirmation', () => {
  test('names who settled it; a receipt alone never says that', () => {
    expect(parseConfirmation('receipt CONFIRMED\nx written\n')).toEqual({ state: 'confirmed', output: 'x written' });
    expect(parseConfirmation('receipt UNDONE\n')).toMatchObject({ state: 'undone' });
    expect(parseReceipt('receipt CONFIRMED\n')).toBeUndefined();
    expect(parseReceipt('receipt REVERTED\n')).toMatchObject({ state: 'reverted' });
    expect(parseReceipt('receipt REVERT_DRIFTED\n')).toMatchObject({ state: 'drifted' });
    expect(parseReceipt('receipt REVERT_FAILED\n')).toMatchObject({ state: 'unrestored' });
    expect(parseReceipt('receipt DONE 73\n')).toMatchObject({ state: 'busy' });
    expect(parseConfirmation('receipt SOMETHING\n')).toBeUndefined();
  });

  test('is understood behind what the login shell prints when it starts', () => {
    const said = { state: 'confirmed', output: 'x written' };
    expect(parseConfirmation('Welcome to web-1\nreceipt CONFIRMED\nx written\n')).toEqual(said);
    expect(parseConfirmation('\u001b]0;web-1\u0007receipt CONFIRMED\nx written\n')).toEqual(said);
    expect(parseReceipt('Welcome!\nreceipt DONE 0\nreceipt INTERRUPTED\n')).toMatchObject({ state: 'done' });
    expect(parseConfirmation('Welcome to web-1\n')).toBeUndefined();
  });
});
