import { parseAddress } from '../endpoint.ts';
import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { Direction, Endpoint, PortHolder, SocketGroup, SocketsFact } from './fact.ts';

interface Row {
  readonly direction: Direction;
  readonly state: string;
  readonly local: Endpoint;
  readonly peer: Endpoint;
}

const ROW = /^(\d{1,9}|h) ([AC]) ([A-Z][A-Z0-9-]{1,23}) (\S{1,64}) (\d{1,5}|-) (\S{1,64}) (\d{1,5}|-)$/;

/**
 * Reads the answer of script.ts: `COUNT A|C STATE ADDRESS PORT ADDRESS PORT` per group (`-` = summed over all ports),
 * `h …` per holder, `end ROWS`, `omitted SOCKETS`. The groups and the omitted sockets must add up to the rows seen.
 */
export function parseSockets(output: ProbeOutput): Parsed<SocketsFact> {
  const broken = brokenOutput(output, 'ss or netstat');
  if (broken !== undefined) return broken;
  const [first = '', ...lines] = output.stdout.trimEnd().split('\n');
  const tool = /^countersign-sockets 1 (ss|netstat)(?:-narrow)?$/.exec(first)?.[1];
  if (tool === undefined)
    return unreadable(output, 'A line "countersign-sockets 1 ss" or "… netstat" was expected first.');
  const failure = lines.map((line) => /^failed (\d{1,3})$/.exec(line)?.[1]).find((status) => status !== undefined);
  if (failure !== undefined)
    return unreadable(output, `${tool} ended with status ${failure}; run ${tool} -tan on the host to see why.`);
  const omittedSockets = numberAfter(lines, 'omitted');
  const rows = numberAfter(lines, 'end');
  const groups = lines.filter((line) => /^\d/.test(line)).map(readGroup);
  const holders = lines.filter((line) => line.startsWith('h ')).map(readHolder);
  if (omittedSockets === undefined || rows === undefined || !groups.every(isRead) || !holders.every(isRead)) {
    return unreadable(output, 'Socket groups, then "end ROWS" and "omitted SOCKETS" were expected.');
  }
  const seen = groups.reduce((sum, group) => sum + group.sockets, omittedSockets);
  if (seen !== rows || groups.length + holders.length + 2 !== lines.length) {
    return unreadable(output, `The groups hold ${seen} sockets but the host counted ${rows}; the answer is not whole.`);
  }
  return { ok: true, fact: { groups, omittedSockets, holders, tool: tool === 'ss' ? 'ss' : 'netstat' } };
}

function readGroup(line: string): SocketGroup | undefined {
  const row = readRow(line);
  const sockets = wholeNumber(ROW.exec(line)?.[1] ?? '');
  return row === undefined || sockets === undefined || sockets === 0 ? undefined : { ...row, sockets };
}

function readHolder(line: string): PortHolder | undefined {
  const row = readRow(line);
  if (row === undefined || row.local.port === null || row.peer.port === null) return undefined;
  return {
    direction: row.direction,
    state: row.state,
    local: { address: row.local.address, port: row.local.port },
    peer: { address: row.peer.address, port: row.peer.port },
  };
}

function readRow(line: string): Row | undefined {
  const match = ROW.exec(line);
  if (match === null) return undefined;
  const [, , side, state = '', localAddress = '', localPort = '', peerAddress = '', peerPort = ''] = match;
  const local = endpoint(localAddress, localPort);
  const peer = endpoint(peerAddress, peerPort);
  if (local === undefined || peer === undefined) return undefined;
  return { direction: side === 'A' ? 'accepted' : 'connected', state, local, peer };
}

function endpoint(addressText: string, portText: string): Endpoint | undefined {
  const address = parseAddress(addressText);
  const port = portText === '-' ? null : Number(portText);
  return address === undefined || (port !== null && port > 65_535) ? undefined : { address, port };
}

function numberAfter(lines: readonly string[], word: string): number | undefined {
  const values = lines
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => wholeNumber(line.slice(word.length + 1)));
  return values.length === 1 ? values[0] : undefined;
}

function isRead<T>(item: T | undefined): item is T {
  return item !== undefined;
}
