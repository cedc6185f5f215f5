import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace, type Showing } from '../../src/slack/pace.ts';

const OK = { kind: 'ok', ts: '1' } as const;

function arrange() {
  let now = 1000;
  const clock = { now: () => now, monotonicMs: () => now, sleep: async () => {} };
  const pace = createPace(clock);
  /** Shows it when that may be done now. */
  const tried = (about: string, how: Showing): boolean => {
    const may = pace.take(about, how) === 0;
    if (may) pace.answered(OK);
    return may;
  };
  return { pace, tried, time: () => now, advance: (ms: number) => (now += ms) };
}

/** The most instants within any minute. */
function mostInAMinute(instants: readonly number[]): number {
  return Math.max(0, ...instants.map((at) => instants.filter((other) => other >= at && other < at + 60_000).length));
}

describe('the pace of messages', () => {
  it('never shows more than 50 updates in any minute over all messages, however many want to', () => {
    const wish = fc.record({
      wait: fc.integer({ min: 0, max: 400 }),
      subject: fc.nat(30),
      how: fc.constantFrom('urgent', 'progress'),
    });
    fc.assert(
      fc.property(fc.array(wish, { minLength: 300, maxLength: 900 }), (wishes) => {
        const { tried, advance, time } = arrange();
        const shown: number[] = [];
        for (const { wait, subject, how } of wishes) {
          advance(wait);
          if (tried(`run:${subject}`, how)) shown.push(time());
        }
        expect(shown.length).toBeGreaterThan(10);
        expect(mostInAMinute(shown)).toBeLessThanOrEqual(50);
      }),
      { numRuns: 30 },
    );
  });

  it('goes on when the time that it asked for has passed', () => {
    const { pace, tried, advance } = arrange();
    for (let n = 0; n < 200; n++) {
      expect(tried(`run:${n}`, 'urgent')).toBe(true);
      advance(pace.waitMs(`run:${n + 1}`, 'urgent'));
    }
  });

  it('keeps room for what is urgent when progress has used up its share', () => {
    const { tried } = arrange();
    let progress = 0;
    while (tried(`run:${progress}`, 'progress')) progress++;
    let urgent = 0;
    while (tried(`end:${urgent}`, 'urgent')) urgent++;
    expect([progress > 5, urgent > 3]).toEqual([true, true]);
  });

  it('lets a message that just changed rest, progress longer than an end', () => {
    const { pace, tried, advance } = arrange();
    expect(tried('run:1', 'urgent')).toBe(true);
    advance(1000);
    expect(pace.waitMs('run:1', 'progress')).toBeGreaterThan(0);
    expect(pace.waitMs('run:1', 'urgent')).toBe(0);
  });

  it('posts about once a second in one channel, and in other channels meanwhile', () => {
    const { tried, advance } = arrange();
    let posted = 0;
    for (let ms = 0; ms < 60_000; ms += 50) {
      if (tried('C1', 'post')) posted++;
      advance(50);
    }
    expect(posted).toBeGreaterThan(40);
    expect(posted).toBeLessThanOrEqual(60);
    while (tried('C1', 'post'));
    expect(tried('C2', 'post')).toBe(true);
  });

  it('gives a turn to few of many that ask before any of them has its answer', () => {
    const { pace } = arrange();
    const turns = Array.from({ length: 40 }, () => pace.take('C1', 'post')).filter((wait) => wait === 0);
    expect(turns.length).toBeGreaterThan(0);
    expect(turns.length).toBeLessThanOrEqual(5);
  });

  it('pauses everything for as long as Slack asks', () => {
    const { pace, advance } = arrange();
    pace.answered({ kind: 'later', afterMs: 7000 });
    expect([pace.waitMs('run:2', 'urgent'), pace.waitMs('C1', 'post')]).toEqual([7000, 7000]);
    advance(7000);
    expect([pace.waitMs('run:2', 'urgent'), pace.waitMs('C1', 'post')]).toEqual([0, 0]);
  });
});
