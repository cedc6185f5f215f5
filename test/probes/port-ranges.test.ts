import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  containsPort,
  containsRanges,
  formatPortRanges,
  mergePortRanges,
  parsePortRanges,
  portsInside,
  rangesOfPorts,
} from '../../src/probes/port-ranges.ts';

const port = fc.integer({ min: 0, max: 65_535 });
const range = fc.tuple(port, port).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));
const ranges = fc.array(range, { maxLength: 20 });

describe('a list of reserved ports', () => {
  it('is read as the kernel prints it, and spaces are no harm', () => {
    expect(parsePortRanges('8080-8082,9000')).toEqual([
      { low: 8080, high: 8082 },
      { low: 9000, high: 9000 },
    ]);
    expect(parsePortRanges(' 7005, 8001-8100 \n')).toEqual([
      { low: 7005, high: 7005 },
      { low: 8001, high: 8100 },
    ]);
    expect(parsePortRanges('\n')).toEqual([]);
  });

  it.each(['8082-8080', '80,,81', '65536', '80;81', '8080-', 'http', '-1', '8080 8081', '123456'])(
    'is not made out of %s',
    (text) => {
      expect(parsePortRanges(text)).toBeUndefined();
    },
  );

  it('joins what touches or overlaps', () => {
    expect(formatPortRanges(rangesOfPorts([8082, 8080, 8081, 9000, 8080]))).toBe('8080-8082,9000');
    expect(
      formatPortRanges([
        { low: 1, high: 10 },
        { low: 3, high: 4 },
        { low: 11, high: 12 },
      ]),
    ).toBe('1-12');
  });

  it('counts only the ports inside a range', () => {
    expect(
      portsInside(
        [
          { low: 100, high: 110 },
          { low: 105, high: 120 },
        ],
        { low: 108, high: 200 },
      ),
    ).toBe(13);
    expect(portsInside([{ low: 1, high: 5 }], { low: 10, high: 20 })).toBe(0);
  });

  it('survives being written and read again', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        expect(parsePortRanges(formatPortRanges(list))).toEqual(mergePortRanges(list));
      }),
    );
  });

  it('has the same ports when merged, in order and without touching ranges', () => {
    fc.assert(
      fc.property(ranges, port, (list, probe) => {
        const merged = mergePortRanges(list);
        expect(containsPort(merged, probe)).toBe(containsPort(list, probe));
        for (const [index, next] of merged.slice(1).entries()) {
          expect(next.low).toBeGreaterThan((merged[index]?.high ?? 0) + 1);
        }
        expect(containsRanges(merged, list)).toBe(true);
      }),
    );
  });

  it('is not contained in another list as soon as one port is missing', () => {
    fc.assert(
      fc.property(fc.uniqueArray(port, { minLength: 1, maxLength: 30 }), (ports) => {
        expect(containsRanges(rangesOfPorts(ports.slice(1)), rangesOfPorts(ports))).toBe(false);
      }),
    );
  });

  it('is never made out of arbitrary text, only out of its digits', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const { low, high } of parsePortRanges(text) ?? []) {
          expect(text).toContain(String(low));
          expect(text).toContain(String(high));
        }
      }),
    );
  });
});
