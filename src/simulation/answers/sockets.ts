import type { Machine } from '../machine.ts';
import type { BackendTraffic, TrafficHistory } from '../traffic.ts';
import { type Answer, lines } from './answer.ts';

/** Where the requests come from; of TEST-NET-2, which no real host has (RFC 5737). */
const CLIENT = '198.51.100.7';
/** Client connections that are kept open between requests. */
const KEPT_BY_CLIENTS = 24;
const LOOPBACK = '127.0.0.1';

/** Sockets that are alike, as a row of the sockets probe. */
interface Row {
  readonly sockets: number;
  readonly side: 'A' | 'C';
  readonly state: 'ESTAB' | 'TIME-WAIT';
  readonly local: string;
  readonly peer: string;
}

function rowsOf({ traffic, address }: Machine): readonly Row[] {
  const { backends, requests } = traffic.now();
  const clients = { side: 'A', local: `${address} 80`, peer: `${CLIENT} -` } as const;
  const rows: readonly Row[] = [
    ...backends.flatMap((backend) => backendRows(traffic, backend)),
    { ...clients, state: 'TIME-WAIT', sockets: traffic.timeWait((now) => now.clients) },
    { ...clients, state: 'ESTAB', sockets: requests > 0 ? KEPT_BY_CLIENTS : 0 },
    { side: 'A', state: 'ESTAB', local: `${LOOPBACK} 22`, peer: `${LOOPBACK} -`, sockets: 1 },
  ];
  return rows.filter(({ sockets }) => sockets > 0).sort((a, b) => b.sockets - a.sockets);
}

/* Both ends of a loopback connection are sockets of this host. */
function backendRows(traffic: TrafficHistory, { address, port, open }: BackendTraffic): readonly Row[] {
  const closes = (side: 'backendCloses' | 'nginxCloses') =>
    traffic.timeWait(
      ({ backends }) => backends.find((one) => one.address === address && one.port === port)?.[side] ?? 0,
    );
  const accepted = { side: 'A', local: `${address} ${port}`, peer: `${LOOPBACK} -` } as const;
  const connected = { side: 'C', local: `${LOOPBACK} -`, peer: `${address} ${port}` } as const;
  return [
    { ...accepted, state: 'TIME-WAIT', sockets: closes('backendCloses') },
    { ...connected, state: 'TIME-WAIT', sockets: closes('nginxCloses') },
    { ...accepted, state: 'ESTAB', sockets: open },
    { ...connected, state: 'ESTAB', sockets: open },
  ];
}

/** How many sockets a host has that do not listen. */
export function socketTotals(machine: Machine): { readonly established: number; readonly timeWait: number } {
  const rows = rowsOf(machine);
  const count = (wanted: Row['state']) =>
    rows.filter(({ state }) => state === wanted).reduce((sum, { sockets }) => sum + sockets, 0);
  return { established: count('ESTAB'), timeWait: count('TIME-WAIT') };
}

/** All sockets, grouped; nothing occupies a service's port without being served there. */
export const answerSockets: Answer = ({ machine }) => {
  const rows = rowsOf(machine);
  const all = rows.reduce((sum, { sockets }) => sum + sockets, 0);
  return lines(
    'countersign-sockets 1 ss',
    ...rows.map(({ sockets, side, state, local, peer }) => `${sockets} ${side} ${state} ${local} ${peer}`),
    `end ${all}`,
    'omitted 0',
  );
};

/** `ss -s`. */
export const answerSocketSummary: Answer = ({ machine }) => {
  const { established, timeWait } = socketTotals(machine);
  const all = established + timeWait + machine.listeners.length;
  return lines(
    `Total: ${established + machine.listeners.length + 140}`,
    `TCP:   ${all} (estab ${established}, closed ${timeWait}, orphaned 0, timewait ${timeWait})`,
  );
};

/** Who listens; with sudo also which process it is. */
export const answerListeners: Answer = ({ machine, sudo }) =>
  lines(
    `countersign-listeners 1 ss ${sudo ? 'all' : 'no'}-processes`,
    ...['127.0.0.1', '::1', machine.address].map((address) => `address ${address}`),
    ...machine.listeners.map(({ address, port, queueLimit, process, pid }) => {
      const users = sudo ? ` users:(("${process}",pid=${pid},fd=6))` : '';
      return `LISTEN 0 ${queueLimit} ${address}:${port} 0.0.0.0:*${users}`;
    }),
  );

const PEAK_MS = 1800;

/** The most connections open at once to each backend, over ten looks. */
export const answerUpstreamPeak: Answer = async ({ machine, wait }) => {
  const first = machine.uptime();
  await wait(PEAK_MS);
  const peaks = machine.traffic.now().backends.filter(({ open }) => open > 0);
  return lines(
    'countersign-upstream-peak 1 ss',
    ...peaks.map(({ address, port, open }) => `${open + 1} ${address} ${port}`),
    'end 10',
    'omitted 0',
    `between ${first} ${machine.uptime()}`,
  );
};

const TIMESTAMPS_MS = 1200;

/** Whether the backends send TCP timestamps: they do where this host does, for they are on it. */
export const answerPeerTimestamps: Answer = async ({ machine, wait }) => {
  await wait(TIMESTAMPS_MS);
  const on = machine.setting('net/ipv4/tcp_timestamps') !== '0';
  const peers = machine.traffic.now().backends.filter(({ open }) => open > 0);
  return lines(
    'countersign-peer-timestamps 1',
    ...peers.map(({ address, port, open }) => `${on ? open : 0} ${on ? 0 : open} ${address} ${port}`),
    'end 5',
    'omitted 0',
  );
};
