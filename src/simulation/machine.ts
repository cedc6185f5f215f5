import type { Clock } from '../base/clock.ts';
import { configPaths, NGINX_FILES, readConfig, SERVICES } from './nginx-files.ts';
import { createTrafficHistory, type Load, NO_TRAFFIC, trafficOf, type TrafficHistory } from './traffic.ts';

/** What a simulated host is for. */
export type Role = 'web' | 'db';

/** The nginx of a simulated host. */
interface SimulatedNginx {
  readonly masterPid: number;
  readonly workerPid: number;
  readonly workerStartedAtMs: number;
}

/** Somebody who listens on a simulated host. */
interface SimulatedListener {
  readonly address: string;
  readonly port: number;
  readonly queueLimit: number;
  readonly process: string;
  readonly pid: number;
}

/** The state of a simulated host: a model of its files, kernel settings, nginx and traffic. Nothing of it is real. */
export interface Machine {
  readonly role: Role;
  /** The address that clients reach it at; of TEST-NET-1, which no real host has (RFC 5737). */
  readonly address: string;
  readonly files: ReadonlyMap<string, string>;
  readonly listeners: readonly SimulatedListener[];
  readonly traffic: TrafficHistory;
  /** Seconds since it was started, as /proc/uptime tells them: hundredths. */
  uptime(): string;
  epochMs(): number;
  changedAtMs(path: string): number;
  write(path: string, text: string): void;
  remove(path: string): void;
  /** A setting by its path below /proc/sys; undefined = this kernel has no such key. */
  setting(path: string): string | undefined;
  /** Sets a setting that there is; false when there is none. */
  set(path: string, value: string): boolean;
  /** undefined when nginx is not installed. */
  nginx(): SimulatedNginx | undefined;
  /** Why `nginx -t` refuses the files; undefined when it takes them. */
  testNginx(): string | undefined;
  /** Makes nginx load its files with a new worker; the traffic changes at once. */
  reloadNginx(): void;
}

/** What a simulated host begins with. */
export interface MachineInit {
  readonly clock: Clock;
  readonly role: Role;
  readonly address: string;
  readonly load: Load;
}

const BOOTED_AGO_MS = 12 * 24 * 60 * 60_000;
const TUNING = '/etc/sysctl.d/50-tuning.conf';
const WIDE_RANGE = '1024 65535';

/** Settings of a current kernel; ip-sysctl.rst. */
const SETTINGS: readonly (readonly [path: string, value: string])[] = [
  ['net/ipv4/ip_local_port_range', '32768 60999'],
  ['net/ipv4/ip_local_reserved_ports', ''],
  ['net/ipv4/tcp_tw_reuse', '2'],
  ['net/ipv4/tcp_timestamps', '1'],
  ['net/ipv4/tcp_max_tw_buckets', '65536'],
  ['net/ipv4/tcp_fin_timeout', '60'],
  ['net/ipv4/tcp_syncookies', '1'],
  ['net/ipv4/tcp_max_syn_backlog', '1024'],
  ['net/core/somaxconn', '4096'],
  ['net/ipv4/ip_unprivileged_port_start', '1024'],
];

const SSHD = { address: '0.0.0.0', port: 22, queueLimit: 128, process: 'sshd', pid: 611 };
const POSTGRES = { address: '0.0.0.0', port: 5432, queueLimit: 244, process: 'postgres', pid: 734 };
const MASTER_PID = 812;
const WEB_LISTENERS: readonly SimulatedListener[] = [
  { address: '0.0.0.0', port: 80, queueLimit: 4096, process: 'nginx', pid: MASTER_PID },
  ...SERVICES.map(({ name, port }, index) => ({
    address: '127.0.0.1',
    port,
    queueLimit: 511,
    process: name,
    pid: 901 + index,
  })),
];

/** A host as it was a while after it fell ill: web hosts have no upstream pool, and their service ports are in the range. */
export function createMachine({ clock, role, address, load }: MachineInit): Machine {
  const web = role === 'web';
  const files = new Map<string, string>([['/etc/sysctl.conf', ''], ...(web ? [...NGINX_FILES, tuningFile()] : [])]);
  const settings = new Map([...SETTINGS, ...(web ? [wideRange()] : [])]);
  const bornMs = clock.monotonicMs() - BOOTED_AGO_MS;
  const changed = new Map<string, number>();
  const bootedAtMs = clock.now() - BOOTED_AGO_MS;
  const loadedTraffic = () => {
    const config = readConfig(files);
    return web && config.ok ? trafficOf(config.fact, load) : NO_TRAFFIC;
  };
  const traffic = createTrafficHistory(clock, loadedTraffic(), BOOTED_AGO_MS);
  let nginx = { masterPid: MASTER_PID, workerPid: MASTER_PID + 1, workerStartedAtMs: bootedAtMs + 60_000 };

  return {
    role,
    address,
    files,
    listeners: [SSHD, ...(web ? WEB_LISTENERS : [POSTGRES])],
    traffic,
    uptime: () => ((clock.monotonicMs() - bornMs) / 1000).toFixed(2),
    epochMs: () => clock.now(),
    changedAtMs: (path) => changed.get(path) ?? bootedAtMs,
    write(path, text) {
      files.set(path, text);
      changed.set(path, clock.now());
    },
    remove: (path) => void files.delete(path),
    setting: (path) => settings.get(path),
    set(path, value) {
      if (!settings.has(path)) return false;
      settings.set(path, value);
      return true;
    },
    nginx: () => (web ? nginx : undefined),
    testNginx() {
      const config = readConfig(files);
      return config.ok ? undefined : `nginx: [emerg] ${config.reason}`;
    },
    reloadNginx() {
      nginx = { ...nginx, workerPid: nginx.workerPid + 1000, workerStartedAtMs: clock.now() };
      traffic.change(loadedTraffic());
    },
  };
}

/** A well-meant tuning that put the services' ports among those that outgoing connections may take. */
function tuningFile(): readonly [string, string] {
  return [TUNING, `# more ports for outgoing connections\nnet.ipv4.ip_local_port_range = ${WIDE_RANGE}\n`];
}

function wideRange(): readonly [string, string] {
  return ['net/ipv4/ip_local_port_range', WIDE_RANGE];
}

/** nginx's configuration file that changed last, and when. */
export function newestConfig(machine: Machine): { readonly path: string; readonly changedAtMs: number } | undefined {
  const dated = configPaths(machine.files).map((path) => ({ path, changedAtMs: machine.changedAtMs(path) }));
  return dated.sort((a, b) => b.changedAtMs - a.changedAtMs)[0];
}
