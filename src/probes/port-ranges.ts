import type { PortRange } from './sysctl/fact.ts';

const MAX_PORT = 65_535;

/**
 * Parses a list as in net.ipv4.ip_local_reserved_ports (ip-sysctl.rst): ports and inclusive ranges, separated by commas.
 * Empty text is the empty list. Returns sorted, merged ranges, or undefined when the text is not such a list.
 */
export function parsePortRanges(text: string): readonly PortRange[] | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const ranges: PortRange[] = [];
  for (const part of trimmed.split(',')) {
    const match = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(part);
    if (match === null) return undefined;
    const low = Number(match[1]);
    const high = match[2] === undefined ? low : Number(match[2]);
    if (low > high || high > MAX_PORT) return undefined;
    ranges.push({ low, high });
  }
  return mergePortRanges(ranges);
}

/** The same ports as the fewest ranges, sorted, not overlapping and not adjacent. */
export function mergePortRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const merged: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.low - b.low)) {
    const last = merged.at(-1);
    if (last !== undefined && range.low <= last.high + 1) {
      merged[merged.length - 1] = { low: last.low, high: Math.max(last.high, range.high) };
    } else merged.push({ low: range.low, high: range.high });
  }
  return merged;
}

/** Single ports as merged ranges. */
export function rangesOfPorts(ports: readonly number[]): readonly PortRange[] {
  return mergePortRanges(ports.map((port) => ({ low: port, high: port })));
}

/** Whether one of the ranges holds the port. */
export function containsPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ low, high }) => low <= port && port <= high);
}

/** Whether every port of `inner` is in `outer`. */
export function containsRanges(outer: readonly PortRange[], inner: readonly PortRange[]): boolean {
  const merged = mergePortRanges(outer);
  return inner.every(({ low, high }) => merged.some((range) => range.low <= low && high <= range.high));
}

/** How many ports of `within` the ranges hold. */
export function portsInside(ranges: readonly PortRange[], within: PortRange): number {
  return mergePortRanges(ranges)
    .map(({ low, high }) => Math.min(high, within.high) - Math.max(low, within.low) + 1)
    .reduce((sum, ports) => sum + Math.max(0, ports), 0);
}

/** How many ports a range has. */
export function rangeSizePorts(range: PortRange): number {
  return range.high - range.low + 1;
}

/** The list as the kernel prints it: `8080-8082,9000`; empty text for no ports. */
export function formatPortRanges(ranges: readonly PortRange[]): string {
  return mergePortRanges(ranges)
    .map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`))
    .join(',');
}
