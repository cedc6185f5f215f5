import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptId } from '../../src/base/ids.ts';
import { createGuardedHost, type GuardedHost, LONG } from '../helpers/receipt-guarded.ts';
import { SHELLS } from '../helpers/receipt-host.ts';

describe.each(SHELLS)('a change to be confirmed that is undone, under a receipt kept by %s', (shell) => {
  let receipts: GuardedHost;
  let id: AttemptId;

  beforeEach(async () => {
    receipts = await createGuardedHost(shell);
    ({ id } = receipts);
  });
  afterEach(() => receipts[Symbol.asyncDispose]());

  test('is undone while it waits, and its guard goes away', async () => {
    const planned = receipts.actions();
    await receipts.apply(id, planned, LONG);
    const guard = await receipts.owner(id);
    expect(await receipts.undo(id, planned)).toMatchObject({ state: 'done' });
    expect([receipts.text(), await receipts.said(id, 'settled')]).toEqual(['old\n', 'undone']);
    await receipts.guardEnds(guard);
    expect(await receipts.confirm(id)).toMatchObject({ state: 'undone' });
    expect(await receipts.status(id)).toMatchObject({ state: 'done' });
  });

  test.each(['waits to be confirmed', 'is confirmed'])(
    'is not taken for undone while it %s and its undo could not put it back',
    async (when) => {
      const planned = receipts.actions();
      await receipts.apply(id, planned, LONG);
      if (when === 'is confirmed') await receipts.confirm(id);
      receipts.host.refuse('mv*');
      expect(await receipts.undo(id, planned, 'auto')).toMatchObject({ state: 'unrestored' });
      receipts.host.refuse('');
      const state = when === 'is confirmed' ? 'confirmed' : 'interrupted';
      expect(await receipts.confirm(id)).toMatchObject({ state });
      expect(receipts.text()).toBe('new\n');
      expect(await receipts.status(id)).toMatchObject({ state: 'done' });
      expect(await receipts.undo(id, planned)).toMatchObject({ state: 'done' });
      expect(await receipts.confirm(id)).toMatchObject({ state: 'undone' });
      expect(await receipts.status(id)).toMatchObject({ state: 'done' });
      expect(receipts.text()).toBe('old\n');
    },
  );

  test('does not begin any more when it was undone before its own first step, on a host that is very slow', async () => {
    const planned = receipts.actions();
    const slowly = `#!/bin/sh
case "$*" in *${id}.undo*) ;; *) until [ -e "${receipts.host.dir}/go" ]; do sleep 0.1; done ;; esac
exec /usr/bin/setsid "$@"
`;
    writeFileSync(join(receipts.host.dir, 'bin/setsid'), slowly, { mode: 0o755 });
    expect(await receipts.apply(id, planned, LONG)).toMatchObject({ state: 'interrupted' });
    expect(await receipts.undo(id, planned)).toMatchObject({ state: 'done' });
    writeFileSync(join(receipts.host.dir, 'go'), '');
    await expect.poll(() => receipts.said(id, 'rc'), { timeout: 10_000 }).toBe('70');
    const status = await receipts.status(id);
    expect(status).toMatchObject({ state: 'failed' });
    expect(status.output).toContain('it was undone before it began; nothing was changed');
    expect(receipts.text()).toBe('old\n');
  }, 40_000);

  test('is undone after it was confirmed, by the policy as well as by people', async () => {
    const planned = receipts.actions();
    await receipts.apply(id, planned, LONG);
    await receipts.confirm(id);
    expect(await receipts.undo(id, planned, 'auto')).toMatchObject({ state: 'done' });
    expect(receipts.text()).toBe('old\n');
    expect(await receipts.undo(id, planned)).toMatchObject({ state: 'done' });
  });

  test('has nothing left to undo after it was taken back', async () => {
    const planned = receipts.actions();
    await receipts.apply(id, planned, 1);
    await receipts.guardEnds(await receipts.owner(id));
    expect(await receipts.undo(id, planned)).toEqual({
      state: 'done',
      output: 'it had undone itself already; there was nothing to restore',
    });
  });
});
