import type { Machine } from '../machine.ts';
import type { Traffic } from '../traffic.ts';
import { COUNTER_NAMES, type CounterName } from '../../probes/tcp-counters/fact.ts';
import { type Answer, type Asked, lines } from './answer.ts';
import { socketTotals } from './sockets.ts';

/** What each of the kernel's counters counts per second; the others stay at 0. */
const COUNTED: Readonly<Partial<Record<CounterName, (traffic: Traffic) => number>>> = {
  ActiveOpens: opens,
  PassiveOpens: (traffic) => opens(traffic) + traffic.clients,
  TW: ({ backends, clients }) =>
    backends.reduce((sum, { backendCloses, nginxCloses }) => sum + backendCloses + nginxCloses, clients),
};

function opens({ backends }: Traffic): number {
  return backends.reduce((sum, backend) => sum + backend.opens, 0);
}

/** The TCP counters, twice. */
export const answerTcpCounters: Answer = async (asked) => {
  const first = counters(asked.machine);
  await asked.wait(asked.intervalSeconds * 1000);
  return lines(...first, ...counters(asked.machine), 'end');
};

function counters(machine: Machine): string[] {
  return [
    `sample ${machine.uptime()}`,
    ...COUNTER_NAMES.map((name) => `${name}=${machine.traffic.total(COUNTED[name] ?? (() => 0))}`),
    `CurrEstab=${socketTotals(machine).established}`,
  ];
}

/** What stub_status shows, twice; the second look is itself a connection and a request. */
export const answerRequests: Answer = async (asked) => {
  const { machine } = asked;
  if (!machine.nginx()) return lines('countersign-requests 1', 'no nginx');
  const first = statusSample(asked, 0);
  await asked.wait(asked.intervalSeconds * 1000);
  return lines('countersign-requests 1', 'status http://127.0.0.1:80/status', first, statusSample(asked, 1), 'end');
};

function statusSample({ machine }: Asked, looks: number): string {
  const { traffic } = machine;
  const accepts = traffic.total(({ clients }) => clients) + looks;
  const requests = traffic.total((now) => now.requests) + looks;
  return `sample ${machine.uptime()} ${accepts} ${requests} 25 24`;
}

/** The backends close idle connections after five seconds, as Node's HTTP server does. */
const IDLE_MS = 5000;

/** How long each backend keeps an idle connection. */
export const answerBackendIdle: Answer = async ({ machine, wait }) => {
  if (!machine.nginx()) return lines('countersign-backend-idle 1', 'no nginx');
  await wait(IDLE_MS);
  const { backends } = machine.traffic.now();
  return lines(
    'countersign-backend-idle 1',
    'with bash',
    ...backends.map(({ address, port }) => `backend ${address} ${port}`),
    ...backends.map(({ address, port }) => `answer ${address} ${port} closed ${IDLE_MS} 404 keep`),
    'omitted 0',
  );
};
