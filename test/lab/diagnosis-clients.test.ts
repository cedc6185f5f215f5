import { describe, expect, it } from 'vitest';
import { diagnosed, expectBetween, expectLike, numberOf, placesOf, type Scene, textOf } from './diagnose.ts';
import { lookForLine } from './look.ts';

const NGINX = '/etc/nginx/nginx.conf';
const ID = 'client-connections-closed';

/**
 * The rule with thresholds for a load that two slow cores bear. When the machine pauses, the load opens more connections and
 * uses these up before it opens others: over a few seconds its rate of new connections then is not its mean.
 */
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
    interval: 8
  - probe: requests
    interval: 8
rules:
  - rule: config-not-loaded
  - rule: ${ID}
    thresholds: { quiet_time_wait: 20, warning_closes_per_second: 0.5 }
`;

const SCENE = { afterSeconds: 8, runbook: 'clients', runbooks: { 'clients.yaml': RUNBOOK } } satisfies Partial<Scene>;

describe('connections that nginx closes on its clients, on real hosts', () => {
  const on = diagnosed({
    ...SCENE,
    hosts: [['client-close'], ['low-keepalive-requests'], []],
    load: { ratePerHost: 200 },
  });

  it('client-close: keepalive_timeout 0 is blamed with its line', async () => {
    const { lab, host, complaints, before, after, finding } = on(0);
    expect(complaints).toEqual([ID]);
    expectBetween(numberOf(finding(ID), /^TIME_WAIT on nginx/), before.clientsClosed, after.clientsClosed);
    const line = await lookForLine(lab, host, NGINX, /keepalive_timeout 0;/);
    expect(placesOf(finding(ID))).toContain(`${NGINX}:${line}`);
    expect(textOf(finding(ID))).toContain(`nginx.conf:${line}: keepalive_timeout 0`);
  });

  it('low-keepalive-requests: requests/s divided by the limit is what is seen, and its line is blamed', async () => {
    const { lab, host, complaints, before, after, finding, requestsPerSecond } = on(1);
    expect(complaints).toEqual([ID]);
    expectBetween(numberOf(finding(ID), /^TIME_WAIT on nginx/), before.clientsClosed, after.clientsClosed);
    expectLike(numberOf(finding(ID), /^Requests$/), requestsPerSecond);
    const line = await lookForLine(lab, host, NGINX, /keepalive_requests 20;/);
    expect(textOf(finding(ID))).toContain(`keepalive_requests is the cause (nginx.conf:${line}: 20)`);
    expect(textOf(finding(ID))).toMatch(/requests\/s \/ 20 = [\d.]+ closes\/s/);
  });

  it('a healthy host with the same load is not complained about', () => {
    expect(on(2).complaints).toEqual([]);
    expect(textOf(on(2).finding(ID))).toMatch(/nothing to fix/);
  });
});

describe('clients that close, on real hosts', () => {
  const on = diagnosed({ ...SCENE, hosts: [[]], load: { ratePerHost: 150, mode: 'close' } });

  it('are told from an nginx that closes on them', () => {
    const { before, after, finding } = on(0);
    expectBetween(numberOf(finding(ID), /^TIME_WAIT on nginx/), before.clientsClosed, after.clientsClosed);
    expect(textOf(finding(ID))).toMatch(/clients send one request per connection/);
    expect(textOf(finding(ID))).toMatch(/cured there, not in nginx/);
    expect(textOf(finding(ID))).not.toMatch(/keepalive_requests is the cause|keepalive_timeout 0/);
  });
});
