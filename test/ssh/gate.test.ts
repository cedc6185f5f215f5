import { describe, expect, test } from 'vitest';
import { createGate } from '../../src/ssh/gate.ts';

describe('a gate', () => {
  test('lets as many in as it may, and the next one when one leaves', async () => {
    const gate = createGate(2);
    const first = await gate.enter();
    await gate.enter();
    let third = false;
    const waiting = gate.enter().then((leave) => {
      third = true;
      return leave;
    });
    await Promise.resolve();
    expect(third).toBe(false);
    expect(gate.waiting()).toBe(1);
    first?.();
    expect(await waiting).toBeTypeOf('function');
    expect(gate.waiting()).toBe(0);
  });

  test('counts leaving twice once', async () => {
    const gate = createGate(1);
    const leave = await gate.enter();
    leave?.();
    leave?.();
    await gate.enter();
    void gate.enter();
    expect(gate.waiting()).toBe(1);
  });

  test('lets someone who gives up go, without losing a place', async () => {
    const gate = createGate(1);
    const leave = await gate.enter();
    const abort = new AbortController();
    const gaveUp = gate.enter(abort.signal);
    const patient = gate.enter();
    abort.abort();
    expect(await gaveUp).toBeUndefined();
    leave?.();
    expect(await patient).toBeTypeOf('function');
    expect(await gate.enter(AbortSignal.abort())).toBeUndefined();
  });
});
