import { acceptQueueRule } from './accept-queue.ts';
import { addressNotAvailableRule } from './address-not-available.ts';
import { clientConnectionsClosedRule } from './client-connections-closed.ts';
import { configNotLoadedRule } from './config-not-loaded.ts';
import { conntrackFullRule } from './conntrack-full.ts';
import { datedTuningRule } from './dated-tuning.ts';
import { ephemeralPortsRule } from './ephemeral-ports.ts';
import { halfKeepaliveRule } from './half-keepalive.ts';
import { idleTimeoutOrderRule } from './idle-timeout-order.ts';
import { orphanedFinWaitRule } from './orphaned-fin-wait.ts';
import type { Rule } from './rule.ts';
import { servicePortInRangeRule } from './service-port-in-range.ts';
import { synCookiesRule } from './syn-cookies.ts';
import { timeWaitLimitRule } from './time-wait-limit.ts';
import { timeWaitRecyclingRule } from './time-wait-recycling.ts';
import { upstreamNotPooledRule } from './upstream-not-pooled.ts';

/** All rules, in the order of their numbers in the domain reference. */
export const RULES: readonly Rule[] = [
  upstreamNotPooledRule,
  clientConnectionsClosedRule,
  halfKeepaliveRule,
  ephemeralPortsRule,
  addressNotAvailableRule,
  servicePortInRangeRule,
  timeWaitRecyclingRule,
  timeWaitLimitRule,
  acceptQueueRule,
  synCookiesRule,
  conntrackFullRule,
  orphanedFinWaitRule,
  configNotLoadedRule,
  datedTuningRule,
  idleTimeoutOrderRule,
];
