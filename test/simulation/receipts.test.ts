import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { type KeptReceipts, receiptsOfModel, receiptsOfScripts } from '../helpers/kept-receipts.ts';
import { fileAction, newAttempt } from '../helpers/receipt-host.ts';

const AT_MOST = { timeout: 15_000 };

/** What a simulated host says of receipts has to be what the scripts say that run on real ones. */
describe.each([
  ['by the scripts for real hosts', receiptsOfScripts],
  ['by the model of simulated hosts', receiptsOfModel],
])('receipts kept %s', (_who, create) => {
  let kept: KeptReceipts;

  beforeEach(async () => {
    kept = await create();
  });
  afterEach(() => kept[Symbol.asyncDispose]());

  const written = () => [fileAction(kept.file, null, 'after\n')];

  it('say that an attempt was never seen, and then that it is done; it is done once', async () => {
    const id = newAttempt();
    expect(await kept.status(id)).toEqual({ state: 'never', output: '' });
    expect(await kept.apply(id, written())).toEqual({ state: 'done', output: `${kept.file} written` });
    kept.write('by hand\n');
    expect(await kept.apply(id, written())).toMatchObject({ state: 'done' });
    expect(await kept.status(id)).toMatchObject({ state: 'done' });
    expect(kept.text()).toBe('by hand\n');
  });

  it('say that it drifted, and change nothing, when the target is not as approved', async () => {
    kept.write('by hand\n');
    const { state, output } = await kept.apply(newAttempt(), written());
    expect(state).toBe('drifted');
    expect(output).toBe(`${kept.file} is not as it was when the change was approved; nothing was changed`);
    expect(kept.text()).toBe('by hand\n');
  });

  it('splice an edit into the bytes that were approved', async () => {
    const before = 'a "ü" \\n\n!b\n';
    kept.write(before);
    const bytes = Buffer.from(before).toString('latin1');
    const splices = [
      { at: 0, remove: 1, insert: 'A\t\\' },
      { at: bytes.indexOf('!'), remove: 0, insert: "'x'\n" },
    ];
    const edit = { kind: 'edit', path: kept.file, sha256: sha256(Buffer.from(before)), splices, shown: [] } as const;
    expect(await kept.apply(newAttempt(), [edit])).toMatchObject({ state: 'done' });
    expect(kept.text()).toBe('A\t\\ "ü" \\n\n\'x\'\n!b\n');
  });

  it('keep what is confirmed in time, however often it is', async () => {
    const id = newAttempt();
    expect(await kept.apply(id, written(), 30)).toMatchObject({ state: 'done' });
    expect(await kept.confirm(id)).toMatchObject({ state: 'confirmed' });
    expect(await kept.confirm(id)).toMatchObject({ state: 'confirmed' });
    expect(kept.text()).toBe('after\n');
  });

  it('take back what is not confirmed in time, and say so afterwards', async () => {
    const id = newAttempt();
    expect(await kept.apply(id, written(), kept.soon)).toMatchObject({ state: 'done' });
    await expect.poll(async () => (await kept.status(id)).state, AT_MOST).toBe('reverted');
    const late = await kept.confirm(id);
    expect(late.state).toBe('reverted');
    expect(late.output).toContain(`not confirmed within ${kept.soon} s; taking it back`);
    expect(late.output).toContain('everything was restored');
    expect(kept.text()).toBeNull();
  });

  it('do not take back what somebody changed since', async () => {
    const id = newAttempt();
    await kept.apply(id, written(), kept.soon);
    kept.write('by hand\n');
    await expect.poll(async () => (await kept.status(id)).state, AT_MOST).toBe('drifted');
    expect(kept.text()).toBe('by hand\n');
  });

  it('restore what was there before when it is undone, also while it waits to be confirmed', async () => {
    const id = newAttempt();
    await kept.apply(id, written(), 30);
    expect(await kept.undo(id, written(), 1, true)).toMatchObject({ state: 'done', output: `${kept.file} restored` });
    expect(kept.text()).toBeNull();
    expect(await kept.confirm(id)).toMatchObject({ state: 'undone' });
  });

  it('refuse to undo what somebody changed since', async () => {
    const id = newAttempt();
    await kept.apply(id, written());
    kept.write('by hand\n');
    const { state, output } = await kept.undo(id, written(), 1, true);
    expect({ state, output }).toEqual({
      state: 'drifted',
      output: `${kept.file} was changed by somebody since; it was left alone`,
    });
    expect(kept.text()).toBe('by hand\n');
  });

  it('let an attempt that was undone before it began never begin', async () => {
    const id = newAttempt();
    expect(await kept.undo(id, written())).toMatchObject({ state: 'done' });
    expect(await kept.apply(id, written())).toMatchObject({ state: 'failed' });
    expect(kept.text()).toBeNull();
  });

  it('let one change at a time work on the host', async () => {
    const [first, second] = [newAttempt(), newAttempt()];
    await kept.apply(first, written(), 30);
    const { state, output } = await kept.apply(second, written(), 30);
    expect(state).toBe('busy');
    expect(output).toBe(`another change is at work on this host (${first}); nothing was changed`);
  });
});
