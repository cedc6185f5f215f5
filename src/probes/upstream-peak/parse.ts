import { parseAddress } from '../endpoint.ts';
import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { PeakConnections, UpstreamPeakFact } from './fact.ts';

const SAMPLES = 10;

/** Reads `COUNT ADDRESS PORT` per destination, `end SAMPLES`, `omitted DESTINATIONS` and `between UPTIME UPTIME`. */
export function parseUpstreamPeak(output: ProbeOutput): Parsed<UpstreamPeakFact> {
  const broken = brokenOutput(output, 'ss or netstat');
  if (broken !== undefined) return broken;
  const lines = output.stdout.trimEnd().split('\n');
  const tool = /^countersign-upstream-peak 1 (ss|netstat)$/.exec(lines[0] ?? '')?.[1];
  const [end, omitted, between] = lines.slice(-3);
  const samples = wholeNumber(/^end (\d+)$/.exec(end ?? '')?.[1] ?? '');
  const omittedDestinations = wholeNumber(/^omitted (\d+)$/.exec(omitted ?? '')?.[1] ?? '');
  const seconds = secondsBetween(between ?? '');
  const peaks = lines.slice(1, -3).map(readPeak);
  if (tool === undefined || samples !== SAMPLES || omittedDestinations === undefined || seconds === undefined) {
    return unreadable(output, `${SAMPLES} samples of the established connections were expected.`);
  }
  if (!peaks.every((peak) => peak !== undefined)) {
    return unreadable(output, 'A count, an address and a port were expected on every line.');
  }
  return {
    ok: true,
    fact: { samples, seconds, peaks, omittedDestinations, tool: tool === 'ss' ? 'ss' : 'netstat' },
  };
}

function readPeak(line: string): PeakConnections | undefined {
  const [, count = '', addressText = '', portText = ''] = /^(\d{1,9}) (\S{1,64}) (\d{1,5})$/.exec(line) ?? [];
  const sockets = wholeNumber(count);
  const address = parseAddress(addressText);
  const port = wholeNumber(portText);
  if (sockets === undefined || sockets === 0 || address === undefined || port === undefined || port > 65_535) {
    return undefined;
  }
  return { address, port, sockets };
}

/** /proc/uptime has hundredths of a second. */
function secondsBetween(line: string): number | undefined {
  const [, first = '', last = ''] = /^between (\d{1,12}\.\d{1,9}) (\d{1,12}\.\d{1,9})$/.exec(line) ?? [];
  const seconds = Math.round((Number(last) - Number(first)) * 100) / 100;
  return first !== '' && seconds >= 0 ? seconds : undefined;
}
