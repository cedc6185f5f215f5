import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PrivateHost } from '../helpers/private-host.ts';
import { fileAction, newAttempt, RECEIPTS, SHELLS } from '../helpers/receipt-host.ts';
import { createTargetHost, finTimeout, KEY_PATH, reservedPorts, type TargetHost } from '../helpers/receipt-target.ts';

describe.each(SHELLS)('an undo under a receipt kept by %s', (shell) => {
  let kept: TargetHost;
  let host: PrivateHost;
  let target: string;

  beforeEach(async () => {
    kept = await createTargetHost(shell);
    ({ host, target } = kept);
  });
  afterEach(() => kept[Symbol.asyncDispose]());

  test('restores an existing file byte for byte and an empty setting', async () => {
    const id = newAttempt();
    const before = 'x = "ünï"\\n % $HOME `id`\nno newline at the end';
    writeFileSync(target, before);
    const actions = [reservedPorts('', '8081-8083'), fileAction(target, before, 'other\n')];
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'done' });
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect([await kept.key(), kept.text()]).toEqual(['', before]);
    expect(kept.leftovers()).toEqual([]);
  });

  test('goes through the actions backwards', async () => {
    const id = newAttempt();
    const first = await finTimeout(kept, 1);
    const actions = [first.action, reservedPorts('', '8081')];
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'done' });
    const { state, output } = await kept.undo(id, actions);
    expect([state, output.split('\n')]).toEqual(['done', [`${KEY_PATH} restored`, `${first.path} restored`]]);
    expect(host.sudoRan()).toEqual([first.path, KEY_PATH, KEY_PATH, first.path].map((path) => `tee ${path}`));
  });

  test('removes a file that was not there, and runs once', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    await kept.apply(id, actions);
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, 'new\n');
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect(kept.text()).toBe('new\n');
  });

  test('refuses a target that somebody changed since, leaves all of them, and can be asked for again', async () => {
    const id = newAttempt();
    const actions = [reservedPorts('', '8081'), fileAction(target, null, 'new\n')];
    await kept.apply(id, actions);
    writeFileSync(target, 'by hand');
    const refused = await kept.undo(id, actions);
    expect(refused).toMatchObject({ state: 'drifted' });
    expect(refused.output).toContain(`${target} was changed by somebody since`);
    expect([await kept.key(), kept.text()]).toEqual(['8081', 'by hand']);
    writeFileSync(target, 'new\n');
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'drifted' });
    expect(await kept.undo(id, actions, 2)).toMatchObject({ state: 'done' });
    expect([await kept.key(), existsSync(target)]).toEqual(['', false]);
  });

  test('of an attempt that never began closes it for good', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    expect(await kept.undo(id, actions)).toMatchObject({
      state: 'done',
      output: expect.stringContaining('never begun'),
    });
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'failed' });
    expect(existsSync(target)).toBe(false);
  });

  test.each([
    ['were collected', 'rm -rf "$1"'],
    ['are damaged', 'rm -rf "$1/ready" "$1/pre"'],
  ])('of an applied attempt whose pre-images %s says that it cannot be done, each time', async (_how, lose) => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    await kept.apply(id, actions);
    await kept.sh(lose, `/var/lib/countersign/attempts/${id}`);
    for (const request of [1, 2]) {
      const undone = await kept.undo(id, actions, request, true);
      expect(undone).toMatchObject({ state: 'failed' });
      expect(undone.output).toContain('its receipt is not on this host any more');
    }
    expect(kept.text()).toBe('new\n');
  });

  test('of a failed attempt finds everything restored and changes nothing', async () => {
    const id = newAttempt();
    const actions = [reservedPorts('', '8081'), fileAction(target, null, 'new\n')];
    host.refuse('mv*60-app*');
    expect(await kept.apply(id, actions)).toMatchObject({ state: 'failed' });
    host.refuse('');
    const ran = host.sudoRan().length;
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect(host.sudoRan()).toHaveLength(ran);
  });

  test('leaves the target alone when the attempt was killed while it captured the pre-image', async () => {
    const id = newAttempt();
    writeFileSync(target, 'before\n');
    await kept.sh(
      `mkdir -p ${RECEIPTS}/$1/pre && printf bef >${RECEIPTS}/$1/pre/1 && echo "x 1 1" >${RECEIPTS}/$1/owner`,
      id,
    );
    expect(await kept.undo(id, [fileAction(target, 'before\n', 'after\n')])).toMatchObject({ state: 'done' });
    expect([kept.text(), host.sudoRan()]).toEqual(['before\n', []]);
  });

  test('refuses a damaged pre-image', async () => {
    const id = newAttempt();
    writeFileSync(target, 'before\n');
    const actions = [fileAction(target, 'before\n', 'after\n')];
    await kept.apply(id, actions);
    await kept.sh(`printf bef >${RECEIPTS}/$1/pre/1`, id);
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'failed', output: expect.stringContaining('damaged') });
    expect(kept.text()).toBe('after\n');
  });

  test('does nothing while the attempt is still at work', async () => {
    const id = newAttempt();
    const actions = [reservedPorts('', '8081'), fileAction(target, null, 'new\n')];
    await kept.startHanging(id, actions);
    expect(await kept.undo(id, actions)).toMatchObject({
      state: 'failed',
      output: expect.stringContaining('still at work'),
    });
    expect(await kept.key()).toBe('8081');
  });

  test('does not wait for an attempt that has reported its end but has not quite exited', async () => {
    const id = newAttempt();
    const actions = [fileAction(target, null, 'new\n')];
    await kept.apply(id, actions);
    const start = readFileSync(`/proc/${process.pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[19];
    const owner = 'printf "%s %s %s\\n" "$(cat /proc/sys/kernel/random/boot_id)" "$2" "$3"';
    await kept.sh(`${owner} >${RECEIPTS}/$1/owner`, id, String(process.pid), String(start));
    expect(await kept.undo(id, actions)).toMatchObject({ state: 'done' });
    expect(existsSync(target)).toBe(false);
  });
});
