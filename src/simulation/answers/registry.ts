import type { ProbeId } from '../../probes/registry.ts';
import type { Answer } from './answer.ts';
import { answerConntrack, answerKernel, answerSockstat, answerSysctl, answerSysctlFiles } from './kernel.ts';
import {
  answerNetworkNamespace,
  answerNginxConfig,
  answerNginxLoaded,
  answerNginxLog,
  answerNginxProcess,
} from './nginx.ts';
import { answerBackendIdle, answerRequests, answerTcpCounters } from './rates.ts';
import {
  answerListeners,
  answerPeerTimestamps,
  answerSocketSummary,
  answerSockets,
  answerUpstreamPeak,
} from './sockets.ts';

/** The answer to each probe. */
export const ANSWERS: Readonly<Record<ProbeId, Answer>> = {
  kernel: answerKernel,
  sockstat: answerSockstat,
  'socket-summary': answerSocketSummary,
  sockets: answerSockets,
  listeners: answerListeners,
  'tcp-counters': answerTcpCounters,
  sysctl: answerSysctl,
  'sysctl-files': answerSysctlFiles,
  'network-namespace': answerNetworkNamespace,
  'nginx-process': answerNginxProcess,
  'nginx-config': answerNginxConfig,
  'nginx-loaded': answerNginxLoaded,
  'nginx-log': answerNginxLog,
  conntrack: answerConntrack,
  requests: answerRequests,
  'backend-idle': answerBackendIdle,
  'upstream-peak': answerUpstreamPeak,
  'peer-timestamps': answerPeerTimestamps,
};
