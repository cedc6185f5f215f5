import type { Machine } from '../machine.ts';
import { type Answer, lines } from './answer.ts';
import { socketTotals } from './sockets.ts';

/** Which kernel runs: none, and it says so. */
export const answerKernel: Answer = () =>
  lines('release=6.1.0-simulated', 'PRETTY_NAME="Simulated host (a model, no real system)"');

/** /proc/net/sockstat; net/ipv4/proc.c. */
export const answerSockstat: Answer = ({ machine }) => {
  const { established, timeWait } = socketTotals(machine);
  const inUse = established + machine.listeners.length;
  return lines(
    `sockets: used ${inUse + 140}`,
    `TCP: inuse ${inUse} orphan 0 tw ${timeWait} alloc ${inUse + 8} mem ${Math.ceil(established / 8) + 2}`,
    'UDP: inuse 2 mem 0',
    'TCP6: inuse 0',
  );
};

/** In the order in which the probe asks for them. */
const KEYS: readonly string[] = [
  ...['ip_local_port_range', 'ip_local_reserved_ports', 'tcp_tw_reuse', 'tcp_tw_reuse_delay', 'tcp_tw_recycle'],
  ...['tcp_timestamps', 'tcp_max_tw_buckets', 'tcp_fin_timeout', 'tcp_syncookies', 'tcp_max_syn_backlog'],
].map((key) => `ipv4/${key}`);

/** The settings in force, below /proc/sys/net. */
export const answerSysctl: Answer = ({ machine }) =>
  lines(
    ...[...KEYS, 'core/somaxconn', 'ipv4/ip_unprivileged_port_start'].map((key) => {
      const value = machine.setting(`net/${key}`);
      return value === undefined ? `${key} absent` : `${key}=${value}`;
    }),
  );

const SETS = /^\s*-?\s*net[./]ipv4[./](?:tcp_(?:tw|max_tw|fin|timest)|ip_local)/;
const OWN = '/etc/sysctl.d/60-countersign-net.conf';

/** The files that set settings at boot, each with its lines about TCP, then the product's own drop-in as it is. */
export const answerSysctlFiles: Answer = ({ machine }) => {
  const own = machine.files.get(OWN);
  const dropIns = [...machine.files.keys()].filter((path) => /^\/etc\/sysctl\.d\/[^/]*\.conf$/.test(path)).sort();
  const told = [...dropIns, '/etc/sysctl.conf'].flatMap((path) => sysctlFile(machine, path));
  const size = own === undefined ? 'none' : String(Buffer.byteLength(own));
  const { stdout, ...rest } = lines('countersign-sysctl-files 1', ...told, `own ${size}`);
  return { ...rest, stdout: `${stdout}${own === undefined ? '' : `${own}\n`}end\n` };
};

function sysctlFile(machine: Machine, path: string): string[] {
  const texts = (machine.files.get(path) ?? '').split('\n');
  const settings = texts.flatMap((text, index) => (SETS.test(text) ? [`${index + 1}:${text}`] : []));
  const comments = settings.length === 0 ? [] : texts.slice(0, 20).filter((text) => /^\s*[#;]/.test(text));
  return [`file ${path}`, ...settings, ...comments.map((text) => `comment ${text.slice(0, 200)}`)];
}

/** Connection tracking is not loaded, and the kernel log may not be read. */
export const answerConntrack: Answer = () =>
  lines('countersign-conntrack 1', 'count absent', 'max absent', 'tcp_timeout_time_wait absent', 'log 0 0 none');
