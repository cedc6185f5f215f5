import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptId } from '../../src/base/ids.ts';
import { applyCommand, confirmCommand, parseConfirmation, parseReceipt } from '../../src/engine/receipt.ts';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import {
  createReceiptHost,
  fileAction,
  newAttempt,
  RECEIPTS,
  type ReceiptHost,
  SHELLS,
} from '../helpers/receipt-host.ts';

const LONG = 600;
const NOBODY = 65_534;

describe.each(SHELLS)('the lock of a host, taken by %s', (shell) => {
  let receipts: ReceiptHost;
  let target: string;

  beforeEach(async () => {
    receipts = await createReceiptHost(shell);
    target = join(receipts.etc, 'app.conf');
    chmodSync(receipts.host.dir, 0o755);
    for (const name of ['sudo.log', 'etc/nobody', 'home/nobody']) {
      const path = join(receipts.host.dir, name);
      if (name === 'sudo.log') writeFileSync(path, '');
      else mkdirSync(path);
      chownSync(path, NOBODY, NOBODY);
    }
  });
  afterEach(() => receipts[Symbol.asyncDispose]());

  const make = (path = target): ChangeAction[] => [fileAction(path, null, 'new\n')];
  const asNobody = (argv: readonly string[]) =>
    receipts.host.run(['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...argv], {
      HOME: join(receipts.host.dir, 'home/nobody'),
    });
  const applyAsNobody = async (id: AttemptId, actions: readonly ChangeAction[], confirmWithinSeconds: number) =>
    parseReceipt((await asNobody(applyCommand(id, actions, { confirmWithinSeconds }).argv)).stdout);
  const ended = (pid: number) => expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);

  test('keeps every other attempt away until the first is settled; they change nothing and name it', async () => {
    const [first, second, third] = [newAttempt(), newAttempt(), newAttempt()];
    const other = join(receipts.etc, 'other.conf');
    await receipts.apply(first, make(), LONG);
    const busy = await receipts.apply(second, make(other));
    expect(busy).toEqual({
      state: 'busy',
      output: `another change is at work on this host (${first}); nothing was changed`,
    });
    expect([existsSync(other), receipts.host.sudoRan().filter((line) => line.includes('other'))]).toEqual([false, []]);
    await receipts.confirm(first);
    await ended(await receipts.owner(first));
    expect(await receipts.apply(third, make(other))).toMatchObject({ state: 'done' });
    expect(await receipts.apply(second, make(other))).toMatchObject({ state: 'busy' });
    expect(await receipts.undo(second, make(other))).toMatchObject({
      state: 'done',
      output: expect.stringContaining('ended before it changed anything'),
    });
    expect(readFileSync(other, 'utf8')).toBe('new\n');
  });

  test('keeps another login user away, and is free for that one afterwards', async () => {
    const first = newAttempt();
    const theirs = join(receipts.etc, 'nobody/app.conf');
    await receipts.apply(first, make(), LONG);
    expect(await applyAsNobody(newAttempt(), make(theirs), 0)).toEqual({
      state: 'busy',
      output: `another change is at work on this host (${first}); nothing was changed`,
    });
    await receipts.confirm(first);
    await ended(await receipts.owner(first));
    const second = newAttempt();
    expect(await applyAsNobody(second, make(theirs), LONG)).toMatchObject({ state: 'done' });
    expect(await receipts.apply(newAttempt(), make(join(receipts.etc, 'x')))).toMatchObject({
      state: 'busy',
      output: expect.stringContaining(`(${second})`),
    });
    expect(parseConfirmation((await asNobody(confirmCommand(second).argv)).stdout)).toMatchObject({
      state: 'confirmed',
    });
  });

  test('keeps an undo waiting for ten seconds, then it says who is at work', async () => {
    const [first, second] = [newAttempt(), newAttempt()];
    const other = join(receipts.etc, 'other.conf');
    await receipts.apply(first, make(other));
    await receipts.apply(second, make(), LONG);
    const undoing = receipts.undo(first, make(other));
    expect(await undoing).toMatchObject({ state: 'busy', output: expect.stringContaining(`(${second})`) });
    expect(existsSync(other)).toBe(true);
    await receipts.confirm(second);
    expect(await receipts.undo(first, make(other), 2)).toMatchObject({ state: 'done' });
    expect(existsSync(other)).toBe(false);
  });

  test('is told of as held by somebody when what lies beside it can never be read', async () => {
    const holding = receipts.host.spawn([
      'sh',
      '-c',
      'cd /run/lock; mkfifo countersign.lock.x; exec flock countersign.lock sleep 600',
    ]);
    await expect.poll(() => receipts.host.pidsWith('sleep\u0000600').length, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect
      .poll(() => receipts.sh('flock -n /run/lock/countersign.lock true || echo held'), { timeout: 10_000 })
      .toBe('held\n');
    expect(await receipts.apply(newAttempt(), make())).toEqual({
      state: 'busy',
      output: 'another change is at work on this host (of another bot or login user); nothing was changed',
    });
    holding.kill('SIGKILL');
  });

  test('is told of by its holder, also when that one takes it now and writes its name a moment later', async () => {
    const [first, second] = [newAttempt(), newAttempt()];
    const mktemp = join(receipts.host.dir, 'bin/mktemp');
    const late = 'case $1 in *countersign.lock.*) : >"$0.late"; sleep 0.4 ;; esac';
    writeFileSync(mktemp, `#!/bin/sh\n${late}\nexec /usr/bin/mktemp "$@"\n`, { mode: 0o755 });
    const applied = receipts.apply(first, make(), LONG);
    await expect.poll(() => existsSync(`${mktemp}.late`), { timeout: 10_000 }).toBe(true);
    expect(await receipts.apply(second, make(join(receipts.etc, 'other.conf')))).toEqual({
      state: 'busy',
      output: `another change is at work on this host (${first}); nothing was changed`,
    });
    expect(await applied).toMatchObject({ state: 'done' });
    await receipts.confirm(first);
    await ended(await receipts.owner(first));
  });

  test('is free at once when the guard is killed, although what it had started goes on', async () => {
    const first = newAttempt();
    const sleep = join(receipts.host.dir, 'bin/sleep');
    writeFileSync(sleep, '#!/bin/sh\ncase $1 in 0.5) set -- 30 ;; esac\nexec /usr/bin/sleep "$@"\n', { mode: 0o755 });
    await receipts.apply(first, make(), LONG);
    await expect.poll(() => receipts.host.pidsWith('sleep\u000030').length, { timeout: 10_000 }).toBe(1);
    const guard = await receipts.owner(first);
    process.kill(guard, 'SIGKILL');
    await ended(guard);
    expect(await receipts.apply(newAttempt(), make(join(receipts.etc, 'x')))).toMatchObject({ state: 'done' });
    expect(receipts.host.pidsWith('sleep\u000030')).toHaveLength(1);
    expect(await receipts.sh('ls -A /run/lock')).toBe('countersign.lock\n');
  });

  test.each([
    ['a pipe', 'mkfifo /run/lock/countersign.lock'],
    ['a link', 'ln -s /etc/shadow /run/lock/countersign.lock'],
    ['a folder', 'mkdir /run/lock/countersign.lock'],
  ])('is not taken in %s that somebody put in its place', async (_what, arrange) => {
    await receipts.sh(arrange);
    expect(await receipts.apply(newAttempt(), make())).toEqual({
      state: 'failed',
      output: '/run/lock/countersign.lock, the lock of this host, cannot be used; nothing was changed',
    });
    expect(existsSync(target)).toBe(false);
  });

  test('is needed: without flock(1) nothing is changed', async () => {
    const tools = join(receipts.host.dir, 'tools');
    await receipts.sh('mkdir "$1"; ln -s /usr/bin/* /bin/* "$1" 2>/dev/null; rm "$1/flock" "$1/sh"', tools);
    const { argv } = applyCommand(newAttempt(), make(), { confirmWithinSeconds: 0 });
    const ran = await receipts.host.run(argv, { PATH: `${join(receipts.host.dir, 'bin')}:${tools}` });
    expect(parseReceipt(ran.stdout)).toMatchObject({ state: 'failed' });
    expect(ran.stdout).toMatch(/flock\(1\) is missing on this host.*nothing was changed/);
    expect(existsSync(target)).toBe(false);
  });
});

describe.each(SHELLS)('old receipts kept by %s', (shell) => {
  let receipts: ReceiptHost;
  beforeEach(async () => {
    receipts = await createReceiptHost(shell);
  });
  afterEach(() => receipts[Symbol.asyncDispose]());

  test('are removed by the next apply when they are complete and settled, and no others', async () => {
    const receipt = (name: string, files: Readonly<Record<string, string>>, days = 91) =>
      receipts.sh(
        `d=${RECEIPTS}/$1; mkdir -p "$d"; n=$2; shift 2; while [ $# -ge 2 ]; do printf '%s\\n' "$2" >"$d/$1"; shift 2; done; touch -d "-$n days" "$d"`,
        name,
        String(days),
        ...Object.entries(files).flat(),
      );
    const confirmed = { rc: '0', settled: 'confirmed' };
    await receipt('old-confirmed', confirmed);
    await receipt('old-failed', { rc: '70' });
    await receipt('old-undone', { rc: '0', settled: 'undone' });
    await receipt('old-undone.undo', { rc: '0' });
    await receipt('old-reverted', { rc: '0', settled: 'reverted', guard: 'reverted' });
    await receipt('young', confirmed, 89);
    await receipt('open', { rc: '0' });
    await receipt('interrupted', { ready: '' });
    await receipt('unrestored', { rc: '72' });
    await receipt('half-reverted', { rc: '0', settled: 'reverted' });
    await receipt('not-reverted', { rc: '0', settled: 'reverted', guard: 'unrestored' });
    await receipt('undo-interrupted', { rc: '0', settled: 'undone' });
    await receipt('undo-interrupted.undo', { owner: 'x 1 1' });
    const id = newAttempt();
    expect(await receipts.apply(id, [fileAction(join(receipts.etc, 'x'), null, 'x\n')])).toMatchObject({
      state: 'done',
    });
    const left = async () => (await receipts.sh(`ls -A ${RECEIPTS}`)).trim().split('\n').sort();
    const kept = [
      id,
      'half-reverted',
      'interrupted',
      'not-reverted',
      'open',
      'undo-interrupted',
      'undo-interrupted.undo',
      'unrestored',
      'young',
    ];
    await expect.poll(left, { timeout: 10_000 }).toEqual(kept.sort());
  });

  test('are removed fifty at a time', async () => {
    await receipts.sh(
      `mkdir -p ${RECEIPTS}; cd ${RECEIPTS}; for n in $(seq 60); do mkdir old-$n; echo 70 >old-$n/rc; touch -d '-100 days' old-$n; done`,
    );
    const olds = async () => Number(await receipts.sh(`ls ${RECEIPTS} | grep -c old-`));
    await receipts.apply(newAttempt(), [fileAction(join(receipts.etc, 'x'), null, 'x\n')]);
    await expect.poll(olds, { timeout: 10_000 }).toBe(10);
    await receipts.apply(newAttempt(), [fileAction(join(receipts.etc, 'y'), null, 'x\n')]);
    await expect.poll(olds, { timeout: 10_000 }).toBe(0);
  });
});
