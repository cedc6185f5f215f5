import { expect, describe, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { OperatorError } from '../../src/base/error.ts';
import { asHostName } from '../../src/base/ids.ts';
import type { Asker } from '../../src/engine/asker.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import { openPicker } from '../../src/slack/picker.ts';
import { typedForm } from '../../src/slack/picker-form.ts';
import { ADA } from '../helpers/engine.ts';
import { libraryOf, WORD } from '../helpers/picker-scene.ts';
import { GUEST, setAppScene } from '../helpers/slack-app-scene.ts';
import { testHost } from '../helpers/sshd.ts';

/* The picker names hosts and runbooks: nobody is shown those before it is known who they are. */

const REFUSAL = new OperatorError('policy/not-permitted', { message: 'Guests may not do this.' });
const NAMES = /payments-db|About word/;

/** A picker for whoever `asker` says; `waits` = they are asked about for longer than a trigger can wait. */
function arrange({
  asker,
  waits = false,
  opens = true,
}: {
  asker(): Promise<Asker>;
  waits?: boolean;
  opens?: boolean;
}) {
  const seen: string[] = [];
  const show = async (view: unknown): Promise<void> => {
    seen.push(JSON.stringify(view));
  };
  const clock = {
    ...systemClock,
    sleep: async (_ms: number, signal?: AbortSignal) => (waits ? undefined : systemClock.sleep(60_000, signal)),
  };
  const inventory = createInventory([testHost({ name: asHostName('payments-db') })]);
  const deps = { clock, inventory, runbooks: libraryOf(WORD), command: '/runbook' };
  const dialog = {
    open: async (view: unknown) => {
      if (!opens) throw new Error('An API error occurred: expired_trigger_id');
      await show(view);
      return 'V1';
    },
    update: async (_id: string, view: unknown) => show(view),
  };
  const opening = openPicker(deps, typedForm(deps, 'word on paymenst-db', 'C1'), { dialog, asker });
  return { opening, seen };
}

describe('somebody of whom it is not known who they are', () => {
  it('sees nothing of hosts and runbooks until it is known, and then the picker', async () => {
    let known = (): void => {};
    const asker = () => new Promise<Asker>((resolve) => (known = () => resolve(ADA)));
    const { opening, seen } = arrange({ asker, waits: true });
    await expect.poll(() => seen).toHaveLength(1);
    expect(seen[0]).not.toMatch(NAMES);
    known();
    await opening;
    expect(seen[1]).toMatch(NAMES);
  });

  it('and may not ask sees why, and never a host', async () => {
    const refused = arrange({ asker: () => Promise.reject(REFUSAL) });
    await refused.opening;
    const late = arrange({ asker: () => systemClock.sleep(20).then(() => Promise.reject(REFUSAL)), waits: true });
    await late.opening;
    expect(refused.seen).toEqual([expect.stringContaining('Guests may not do this.')]);
    expect(late.seen.at(-1)).toContain('Guests may not do this.');
    for (const view of [...refused.seen, ...late.seen]) expect(view).not.toMatch(NAMES);
  });

  it('is not told which hosts are near to what they mistyped when the dialog does not open', async () => {
    const refused = arrange({ asker: () => Promise.reject(REFUSAL), opens: false });
    await expect(refused.opening).rejects.toBe(REFUSAL);
    const known = arrange({ asker: async () => ADA, opens: false });
    await expect(known.opening).rejects.toMatchObject({ message: expect.stringMatching(NAMES) });
  });

  it('is not told which runbooks there are, but what can be typed', async () => {
    const { as, lastTold, told } = await setAppScene();
    await as(GUEST, '/runbook list');
    await lastTold(GUEST).toMatch(/Guests may not do this\./);
    await as(GUEST, '/runbook help');
    await lastTold(GUEST).toMatch(/\/runbook run NAME on HOSTS/);
    expect(JSON.stringify(await told(GUEST))).not.toMatch(/run word/);
  });
});
