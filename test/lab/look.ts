import type { Lab } from '../../src/lab/lab.ts';

/** TIME_WAIT sockets of a host by who closed first, as ss tells and the product has no part in. */
export interface TimeWaitCounts {
  readonly total: number;
  /** The local end is a service's: it closed first. */
  readonly backendClosed: number;
  /** The far end is a service's: nginx closed first and holds a port. */
  readonly nginxClosed: number;
  /** On port 80: nginx closed a client's connection. */
  readonly clientsClosed: number;
}

/** Counts TIME_WAIT inside a host with ss. */
export async function lookAtTimeWait(lab: Lab, host: string): Promise<TimeWaitCounts> {
  const { stdout } = await lab.exec(host, ['/run/lab/ss', '-Htan', 'state', 'time-wait']);
  const rows = stdout.split('\n').flatMap((line) => {
    const [, , local, peer] = line.trim().split(/\s+/);
    return local === undefined || peer === undefined ? [] : [{ local, peer }];
  });
  const isService = (endpoint: string): boolean => /127\.0\.0\.1:808[0-2]$/.test(endpoint);
  return {
    total: rows.length,
    backendClosed: rows.filter(({ local }) => isService(local)).length,
    nginxClosed: rows.filter(({ local, peer }) => !isService(local) && isService(peer)).length,
    clientsClosed: rows.filter(({ local }) => local.endsWith(':80')).length,
  };
}

/** A counter of a host's network stack since it started, nstat(8): `TcpActiveOpens`, `TcpExtListenOverflows`. */
export async function lookAtCounter(lab: Lab, host: string, name: string): Promise<number> {
  const { stdout } = await lab.exec(host, ['nstat', '-asz', name]);
  return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(stdout)?.[1]);
}

/** A kernel setting of a host, with single blanks. */
export async function lookAtSetting(lab: Lab, host: string, key: string): Promise<string> {
  const { stdout } = await lab.exec(host, ['cat', `/proc/sys/net/${key}`]);
  return stdout.trim().replaceAll('\t', ' ');
}

/** The accept queue of a listener: connections that wait in it, and its limit; ss(8), Recv-Q and Send-Q of LISTEN. */
export async function lookAtQueue(lab: Lab, host: string, port: number): Promise<{ waiting: number; limit: number }> {
  const { stdout } = await lab.exec(host, ['/run/lab/ss', '-Htln', `sport = :${port}`]);
  const [, waiting, limit] = stdout.trim().split(/\s+/);
  return { waiting: Number(waiting), limit: Number(limit) };
}

/** The number of the line that matches, from 1; 0 when none does. */
export async function lookForLine(lab: Lab, host: string, file: string, pattern: RegExp): Promise<number> {
  const { stdout } = await lab.exec(host, ['cat', file]);
  return stdout.split('\n').findIndex((line) => pattern.test(line)) + 1;
}

/** The lines of nginx's error log that match. */
export async function lookAtErrors(lab: Lab, host: string, pattern: RegExp): Promise<number> {
  const { stdout } = await lab.exec(host, ['cat', '/var/log/nginx/error.log']);
  return stdout.split('\n').filter((line) => pattern.test(line)).length;
}

/** Everything of a host that faults touch: files, settings, listeners with their queues, links and processes. */
export async function lookAtEverything(lab: Lab, host: string): Promise<string> {
  const { stdout, stderr } = await lab.exec(host, ['sh', '-c', EVERYTHING]);
  return stdout + stderr;
}

const EVERYTHING = `
find /etc/nginx /etc/sysctl.d -printf '%p %y %m %U %l\\n' | sort
find /etc/nginx /etc/sysctl.d -type f | sort | xargs sha256sum
for key in tcp_tw_reuse tcp_max_tw_buckets ip_local_port_range ip_local_reserved_ports tcp_timestamps; do
  echo "$key $(cat /proc/sys/net/ipv4/$key)"
done
/run/lab/ss -Htln | sort
ip -o link | sed 's/^[0-9]*: //;s/@.*//'
ip -o addr | awk '{ print $2, $4 }'
ps -eo args= | grep -E '^(nginx|/run/lab/node)' | sort
ls /run/lab | grep -v -E '[.](log|args|exit)$'
readlink /proc/self/ns/net "/proc/$(cat /run/nginx.pid)/ns/net" | uniq | wc -l
grep /run/lab /proc/self/mountinfo | awk '{ print $5 }'
`;

/** Waits. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
