import type { BackendIdleFact } from './backend-idle/fact.ts';
import { backendIdleProbe } from './backend-idle/index.ts';
import type { ConntrackFact } from './conntrack/fact.ts';
import { conntrackProbe } from './conntrack/index.ts';
import type { KernelFact } from './kernel/fact.ts';
import { kernelProbe } from './kernel/index.ts';
import type { ListenersFact } from './listeners/fact.ts';
import { listenersProbe } from './listeners/index.ts';
import type { NetworkNamespaceFact } from './network-namespace/fact.ts';
import { networkNamespaceProbe } from './network-namespace/index.ts';
import type { NginxConfigFact } from './nginx-config/fact.ts';
import { nginxConfigProbe } from './nginx-config/index.ts';
import type { NginxLoadedFact } from './nginx-loaded/fact.ts';
import { nginxLoadedProbe } from './nginx-loaded/index.ts';
import type { NginxLogFact } from './nginx-log/fact.ts';
import { nginxLogProbe } from './nginx-log/index.ts';
import type { NginxProcessFact } from './nginx-process/fact.ts';
import { nginxProcessProbe } from './nginx-process/index.ts';
import type { PeerTimestampsFact } from './peer-timestamps/fact.ts';
import { peerTimestampsProbe } from './peer-timestamps/index.ts';
import type { Probe } from './probe.ts';
import type { RequestsFact } from './requests/fact.ts';
import { requestsProbe } from './requests/index.ts';
import type { SocketSummaryFact } from './socket-summary/fact.ts';
import { socketSummaryProbe } from './socket-summary/index.ts';
import type { SocketsFact } from './sockets/fact.ts';
import { socketsProbe } from './sockets/index.ts';
import type { SockstatFact } from './sockstat/fact.ts';
import { sockstatProbe } from './sockstat/index.ts';
import type { SysctlFact } from './sysctl/fact.ts';
import { sysctlProbe } from './sysctl/index.ts';
import type { SysctlFilesFact } from './sysctl-files/fact.ts';
import { sysctlFilesProbe } from './sysctl-files/index.ts';
import type { TcpCountersFact } from './tcp-counters/fact.ts';
import { tcpCountersProbe } from './tcp-counters/index.ts';
import type { UpstreamPeakFact } from './upstream-peak/fact.ts';
import { upstreamPeakProbe } from './upstream-peak/index.ts';

/** Every probe and the type of its fact. */
export interface FactTypes {
  readonly kernel: KernelFact;
  readonly sockstat: SockstatFact;
  readonly 'socket-summary': SocketSummaryFact;
  readonly sockets: SocketsFact;
  readonly listeners: ListenersFact;
  readonly 'tcp-counters': TcpCountersFact;
  readonly sysctl: SysctlFact;
  readonly 'sysctl-files': SysctlFilesFact;
  readonly 'network-namespace': NetworkNamespaceFact;
  readonly 'nginx-process': NginxProcessFact;
  readonly 'nginx-config': NginxConfigFact;
  readonly 'nginx-loaded': NginxLoadedFact;
  readonly 'nginx-log': NginxLogFact;
  readonly conntrack: ConntrackFact;
  readonly requests: RequestsFact;
  readonly 'backend-idle': BackendIdleFact;
  readonly 'upstream-peak': UpstreamPeakFact;
  readonly 'peer-timestamps': PeerTimestampsFact;
}

/** The name of a probe. */
export type ProbeId = keyof FactTypes;

/** What is known of one host: the facts of the probes that answered. */
export type Facts = { readonly [Id in ProbeId]?: FactTypes[Id] };

const BY_ID: { readonly [Id in ProbeId]: Probe<Id, FactTypes[Id]> } = {
  kernel: kernelProbe,
  sockstat: sockstatProbe,
  'socket-summary': socketSummaryProbe,
  sockets: socketsProbe,
  listeners: listenersProbe,
  'tcp-counters': tcpCountersProbe,
  sysctl: sysctlProbe,
  'sysctl-files': sysctlFilesProbe,
  'network-namespace': networkNamespaceProbe,
  'nginx-process': nginxProcessProbe,
  'nginx-config': nginxConfigProbe,
  'nginx-loaded': nginxLoadedProbe,
  'nginx-log': nginxLogProbe,
  conntrack: conntrackProbe,
  requests: requestsProbe,
  'backend-idle': backendIdleProbe,
  'upstream-peak': upstreamPeakProbe,
  'peer-timestamps': peerTimestampsProbe,
};

/** All probes, in the order in which documentation lists them. */
export const PROBES: readonly Probe[] = Object.values(BY_ID);

/** The probe of this name, with its fact's type. */
export function probeById<Id extends ProbeId>(id: Id): Probe<Id, FactTypes[Id]> {
  return BY_ID[id];
}

/** Whether a text names a probe. */
export function isProbeId(text: string): text is ProbeId {
  return Object.hasOwn(BY_ID, text);
}
