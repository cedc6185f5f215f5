import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../src/slack/pace.ts';

function clockAt(start = 0) {
  let now = start;
  return {
    advance: (ms: number) => {
      now += ms;
    },
    time: () => now,
    clock: { now: () => now, monotonicMs: () => now, sleep: async () => {} },
  };
}

describe('the pace of messages', () => {
  it('never shows more than Slack allows in a minute, however many messages want to', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.integer({ min: 0, max: 400 }), subject: fc.nat(30), urgent: fc.boolean() }), {
          minLength: 300,
          maxLength: 900,
        }),
        (wishes) => {
          const { clock, advance, time } = clockAt();
          const pace = createPace(clock);
          const shown: number[] = [];
          for (const { wait, subject, urgent } of wishes) {
            advance(wait);
            if (pace.waitMs(`run:${subject}`, { urgent }) > 0) continue;
            pace.happened(`run:${subject}`, { kind: 'ok', ts: '1' });
            shown.push(time());
          }
          // A full bucket and what flows in during the minute.
          for (const at of shown)
            expect(shown.filter((other) => other >= at && other < at + 60_000).length).toBeLessThanOrEqual(90);
          const rate = shown.length / Math.max(1, (time() + 60_000) / 60_000);
          expect(rate).toBeLessThanOrEqual(46);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps room for what is urgent when progress has used up its share', () => {
    const { clock } = clockAt();
    const pace = createPace(clock);
    let progress = 0;
    while (pace.waitMs(`run:${progress}`, { urgent: false }) === 0) {
      pace.happened(`run:${progress}`, { kind: 'ok', ts: '1' });
      progress++;
    }
    expect(progress).toBeGreaterThan(10);
    expect(pace.waitMs('run:urgent', { urgent: true })).toBe(0);
  });

  it('lets a message that just changed rest, progress longer than an end', () => {
    const { clock, advance } = clockAt();
    const pace = createPace(clock);
    pace.happened('run:1', { kind: 'ok', ts: '1' });
    advance(1000);
    expect(pace.waitMs('run:1', { urgent: false })).toBeGreaterThan(0);
    expect(pace.waitMs('run:1', { urgent: true })).toBe(0);
  });

  it('pauses all messages for as long as Slack asks', () => {
    const { clock, advance } = clockAt();
    const pace = createPace(clock);
    pace.happened('run:1', { kind: 'later', afterMs: 7000 });
    expect(pace.waitMs('run:2', { urgent: true })).toBe(7000);
    advance(7000);
    expect(pace.waitMs('run:2', { urgent: true })).toBe(0);
  });
});
