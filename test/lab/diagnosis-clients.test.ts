import { describe, expect, it } from 'vitest';
import { findingOf } from '../helpers/lab-product.ts';
import {
  type Case,
  complaints,
  diagnose,
  expectBetween,
  HEALTHY,
  numberOf,
  placesOf,
  SICK,
  textOf,
} from './diagnose.ts';
import { lookForLine } from './look.ts';

const NGINX = '/etc/nginx/nginx.conf';

/** The rule with thresholds for a load that two slow cores bear. */
const RUNBOOK = `name: clients
title: Client connections
description: Client connections that nginx closes, at a low rate.
steps:
  - probe: listeners
  - probe: sockets
  - probe: network-namespace
  - probe: nginx-process
  - probe: nginx-config
  - probe: nginx-loaded
  - probe: tcp-counters
    interval: 3
  - probe: requests
    interval: 3
rules:
  - rule: config-not-loaded
  - rule: client-connections-closed
    thresholds: { quiet_time_wait: 20, warning_closes_per_second: 0.5 }
`;

function caseOf(faults: readonly string[], load: Case['load']): Case {
  return { faults, load, afterSeconds: 8, runbook: 'clients', runbooks: { 'clients.yaml': RUNBOOK } };
}

describe('connections of clients, on real hosts', { timeout: 60_000 }, () => {
  it('client-close: keepalive_timeout 0 is blamed with its line', () =>
    diagnose(caseOf(['client-close'], { ratePerHost: 100 }), async ({ lab, view, before, after }) => {
      expect(complaints(view, SICK)).toEqual(['client-connections-closed']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'client-connections-closed', SICK);
      expectBetween(numberOf(finding, /^TIME_WAIT on nginx/), before.clientsClosed, after.clientsClosed);
      const line = await lookForLine(lab, SICK, NGINX, /keepalive_timeout 0;/);
      expect(placesOf(finding)).toContain(`${NGINX}:${line}`);
      expect(textOf(finding)).toContain(`nginx.conf:${line}: keepalive_timeout 0`);
    }));

  it('low-keepalive-requests: requests/s divided by the limit is what is seen, and its line is blamed', () =>
    diagnose(caseOf(['low-keepalive-requests'], { ratePerHost: 300 }), async ({ lab, view, before, after, served }) => {
      expect(complaints(view, SICK)).toEqual(['client-connections-closed']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'client-connections-closed', SICK);
      expectBetween(numberOf(finding, /^TIME_WAIT on nginx/), before.clientsClosed, after.clientsClosed);
      const rate = served.ok / served.seconds;
      expectBetween(numberOf(finding, /^Requests$/), 0.7 * rate, 1.3 * rate);
      const line = await lookForLine(lab, SICK, NGINX, /keepalive_requests 20;/);
      expect(textOf(finding)).toContain(`keepalive_requests is the cause (nginx.conf:${line}: 20)`);
      expect(textOf(finding)).toMatch(/requests\/s \/ 20 = \d+ closes\/s/);
    }));

  it('clients that close after each request are told from an nginx that does', () =>
    diagnose(caseOf([], { ratePerHost: 100, mode: 'close' }), async ({ view, before, after }) => {
      const finding = findingOf(view, 'client-connections-closed', SICK);
      expectBetween(numberOf(finding, /^TIME_WAIT on nginx/), before.clientsClosed, after.clientsClosed);
      expect(textOf(finding)).toMatch(/clients send one request per connection/);
      expect(textOf(finding)).toMatch(/cured there, not in nginx/);
      expect(textOf(finding)).not.toMatch(/keepalive_requests is the cause|keepalive_timeout 0/);
    }));
});
