import { addressNotAvailableRule } from './address-not-available.ts';
import { clientConnectionsClosedRule } from './client-connections-closed.ts';
import { configNotLoadedRule } from './config-not-loaded.ts';
import { ephemeralPortsRule } from './ephemeral-ports.ts';
import { halfKeepaliveRule } from './half-keepalive.ts';
import type { Rule } from './rule.ts';
import { servicePortInRangeRule } from './service-port-in-range.ts';
import { upstreamNotPooledRule } from './upstream-not-pooled.ts';

/** All rules, in the order of their numbers in the domain reference. */
export const RULES: readonly Rule[] = [
  upstreamNotPooledRule,
  clientConnectionsClosedRule,
  halfKeepaliveRule,
  ephemeralPortsRule,
  addressNotAvailableRule,
  servicePortInRangeRule,
  configNotLoadedRule,
];
