import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { grownErrors, usualText } from '../../src/remedies/nginx-errors.ts';
import { REMEDIES } from '../../src/remedies/registry.ts';
import { nginxLogFact, socketsFact } from '../helpers/network-facts.ts';

/** So many refused connections in the log; each count has a last line of its own, as a log that goes on has. */
function log(recentLines: number, more: { reachSeconds?: number; requestsPerSecond?: number } = {}): Facts {
  const { reachSeconds, requestsPerSecond } = more;
  const last = `line ${recentLines} of ${reachSeconds ?? 600} s`;
  const fact = nginxLogFact({ class: 'upstream-refused', lines: recentLines, recentLines, last });
  const requests = {
    source: 'stub_status',
    from: 'http://127.0.0.1/status',
    intervalSeconds: 5,
    acceptsPerSecond: null,
    activeConnections: null,
    idleConnections: null,
  } as const;
  return {
    'nginx-log': reachSeconds === undefined ? fact : { ...fact, reachSeconds },
    ...(requestsPerSecond !== undefined && { requests: { ...requests, requestsPerSecond } }),
  };
}

const grown = (before: Facts, after: Facts) => grownErrors(before, after, ['upstream-refused']);

describe('errors that came up after a change', () => {
  it('are those of a class that was not there before, from the first line on', () => {
    const [errors, ...none] = grown(log(0), log(1)) ?? [];
    expect(none).toEqual([]);
    expect(errors).toMatchObject({ lines: 1, usualLines: 0, last: 'line 1 of 600 s' });
    expect(errors && usualText(errors)).toBe('none in the 10 min before');
  });

  it('are those beyond the rate of before, with what is usual beside them', () => {
    const [errors] = grown(log(50), log(90)) ?? [];
    expect(errors).toMatchObject({ lines: 40, usualLines: 50 });
    expect(errors && usualText(errors)).toBe('beside 50 in the 10 min before');
  });

  it.each([
    [1, 2],
    [3, 4],
    [3, 3],
    [100, 118],
    [6000, 6500],
    [500, 20],
  ])('are not those at about the rate of before: %i, then %i', (before, after) => {
    expect(grown(log(before), log(after))).toEqual([]);
  });

  it('are not those that more requests explain', () => {
    const before = log(1000, { requestsPerSecond: 100 });
    expect(grown(before, log(1150, { requestsPerSecond: 200 }))).toEqual([]);
    expect(grown(before, log(1150, { requestsPerSecond: 100 }))).toMatchObject([{ lines: 150 }]);
    expect(grown(before, log(1150, { requestsPerSecond: 10 }))).toMatchObject([{ lines: 150 }]);
  });

  it('are not those that only a log which reaches further back shows', () => {
    const flooded = log(4, { reachSeconds: 4 });
    expect(grown(flooded, log(79, { reachSeconds: 79 }))).toEqual([]);
    expect(grown(flooded, log(229, { reachSeconds: 79 }))).toMatchObject([{ lines: 150, usualSeconds: 4 }]);
    expect(grown(log(0, { reachSeconds: 4 }), log(8, { reachSeconds: 80 }))).toEqual([]);
    expect(grown(log(0, { reachSeconds: 4 }), log(30, { reachSeconds: 80 }))).toMatchObject([{ lines: 30 }]);
  });

  it('are looked for in the asked classes alone, and are not known where a log was not read', () => {
    expect(grownErrors(log(0), log(9), ['upstream-reset'])).toEqual([]);
    expect(grown({}, log(9))).toBeUndefined();
    expect(grown(log(0), {})).toBeUndefined();
  });

  it.each(
    REMEDIES.filter(({ touches }) => touches.nginx).flatMap(({ id, proofs }) =>
      proofs.flatMap((proof, index) => (proof ? [{ id, look: index + 1, proof }] : [])),
    ),
  )('are held against the load by every judge of them: $id, look $look', ({ proof }) => {
    const { judge, needs, uses = [] } = proof;
    expect([...needs, ...uses]).toContain('nginx-log');
    const read = (facts: Facts) =>
      Object.fromEntries(Object.entries(facts).filter(([probe]) => [...needs, ...uses].some((id) => id === probe)));
    const plan = { host: asHostName('web-1'), actions: [], basis: {}, predicted: [], risks: [], proof: [] };
    const sockets = socketsFact([]);
    const before = log(1000, { requestsPerSecond: 100 });
    const twice = read({ sockets, ...log(1150, { requestsPerSecond: 200 }) });
    expect(judge(plan, before, twice).outcome).not.toBe('harmful');
    expect(judge(plan, before, read({ sockets, ...log(1150, { requestsPerSecond: 100 }) })).outcome).toBe('harmful');
  });
});
