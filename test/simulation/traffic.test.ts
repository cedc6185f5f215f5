import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createTrafficHistory, NO_TRAFFIC, type Traffic } from '../../src/simulation/traffic.ts';

/** A clock that stands still between steps. */
function steppedClock() {
  let nowMs = 0;
  return { ...systemClock, monotonicMs: () => nowMs, step: (ms: number) => (nowMs += ms) };
}

const closing = (perSecond: number): Traffic => ({ ...NO_TRAFFIC, clients: perSecond });
const closes = ({ clients }: Traffic): number => clients;
const rate = fc.integer({ min: 0, max: 5000 });
const seconds = fc.integer({ min: 0, max: 200 });

it('has rate × min(t, 60 s) sockets in TIME_WAIT, t seconds after the traffic began', () => {
  fc.assert(
    fc.property(rate, seconds, (perSecond, t) => {
      const clock = steppedClock();
      const history = createTrafficHistory(clock, closing(0), 1000);
      history.change(closing(perSecond));
      clock.step(t * 1000);
      expect(history.timeWait(closes)).toBe(perSecond * Math.min(t, 60));
      expect(history.total(closes)).toBe(perSecond * t);
    }),
  );
});

it('falls in a straight line to the new level within 60 s of a change, whatever was before', () => {
  fc.assert(
    fc.property(rate, rate, seconds, (was, is, t) => {
      const clock = steppedClock();
      const history = createTrafficHistory(clock, closing(was), 600_000);
      history.change(closing(is));
      clock.step(t * 1000);
      const left = Math.max(0, 60 - t);
      expect(history.timeWait(closes)).toBe(was * left + is * Math.min(t, 60));
    }),
  );
});
