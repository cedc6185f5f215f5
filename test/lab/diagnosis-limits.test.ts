import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { diagnosed, expectBetween, numberOf, placesOf, textOf } from './diagnose.ts';
import { lookAtCounter, lookAtErrors, lookAtQueue, lookForLine } from './look.ts';

const BUCKETS = '/etc/sysctl.d/52-buckets.conf';

/** Whether nginx was refused a port to each of its services: then all ports to all of them are held. */
async function allPortsRefused(lab: Lab): Promise<boolean> {
  const refused = [8080, 8081, 8082].map((port) => lookAtErrors(lab, 'web-1', new RegExp(`:${port} failed \\(99: `)));
  return (await Promise.all(refused)).every((lines) => lines > 0);
}

describe('ports and TIME_WAIT at their limits, on real hosts', () => {
  const on = diagnosed({
    hosts: [['narrow-port-range'], ['no-upstream-keepalive', 'tw-buckets'], []],
    load: { ratePerHost: 250 },
    afterSeconds: 8,
    until: allPortsRefused,
    runbook: 'time-wait',
    params: { interval: '2', min_time_wait: '300' },
  });

  it('narrow-port-range: the ports are used up and connect() is refused', async () => {
    const { lab, host, before, after, finding } = on(0);
    const ports = finding('ephemeral-ports');
    expect(ports?.severity).toBe('critical');
    expect(numberOf(ports, /^Ports that the kernel may assign$/)).toBe(1_000);
    expect(numberOf(ports, /^Ports held from 127\.0\.0\.1 to 127\.0\.0\.1:8080$/)).toBe(1_000);
    expectBetween(numberOf(ports, /^In TIME_WAIT from 127\.0\.0\.1 to/), before.nginxClosed - 30, after.nginxClosed);
    const refused = finding('address-not-available');
    expect(refused?.severity).toBe('critical');
    const lines = numberOf(refused, /^Refused for want of a port, last 10 min$/);
    expectBetween(lines, 1, await lookAtErrors(lab, host, /\(99: Cannot assign requested address\)/));
  });

  it('narrow-port-range: the missing pool is named as the reason, although no connection can be opened any more', async () => {
    const { lab, host, finding } = on(0);
    const cause = finding('half-keepalive');
    expect(cause?.severity).toBe('critical');
    expect(cause?.notConcluded.join(' ')).not.toMatch(/not port exhaustion/);
    const line = await lookForLine(lab, host, '/etc/nginx/conf.d/app.conf', /^upstream app/);
    expect(placesOf(cause)).toContain(`/etc/nginx/conf.d/app.conf:${line}`);
  });

  it('tw-buckets: the overflow and the line that causes it are named', async () => {
    const { lab, host, before, after, finding, complaints, requestsPerSecond } = on(1);
    expect(complaints).toEqual(expect.arrayContaining(['dated-tuning', 'time-wait-limit']));
    const place = `${BUCKETS}:${await lookForLine(lab, host, BUCKETS, /tcp_max_tw_buckets/)}`;
    expect(placesOf(finding('dated-tuning'))).toContain(place);
    const limit = finding('time-wait-limit');
    expect(textOf(limit)).toContain('500');
    expect(Math.max(before.total, after.total)).toBeLessThanOrEqual(500);
    expect(await lookAtCounter(lab, host, 'TcpExtTCPTimeWaitOverflow')).toBeGreaterThan(0);
    expectBetween(numberOf(limit, /overflow|not kept|dropped/i), 0.3 * requestsPerSecond, 1.3 * requestsPerSecond);
  });

  it('a healthy host with the same load is not complained about', () => {
    expect(on(2).complaints).toEqual([]);
  });
});

describe('the accept queue, on real hosts', () => {
  const on = diagnosed({
    hosts: [['accept-queue'], []],
    load: { ratePerHost: 40 },
    afterSeconds: 4,
    runbook: 'tcp-health',
    params: { interval: '3' },
  });

  it('accept-queue: the full queue is named with its numbers, and TIME_WAIT is not blamed', async () => {
    const { lab, host, complaints, finding } = on(0);
    expect(complaints).toEqual(['accept-queue']);
    const found = finding('accept-queue');
    const queue = await lookAtQueue(lab, host, 8082);
    expect(numberOf(found, /^Queue of 127\.0\.0\.1:8082/)).toBe(queue.limit);
    expect(numberOf(found, /^Waiting on 127\.0\.0\.1:8082/)).toBe(queue.waiting);
    expect(numberOf(found, /^ListenOverflows$/)).toBeGreaterThan(0);
    expect(await lookAtCounter(lab, host, 'TcpExtListenOverflows')).toBeGreaterThan(0);
    expect(found?.notConcluded.join(' ')).toMatch(/not a TIME_WAIT problem/);
  });

  it('a healthy host with the same load is not complained about', async () => {
    const { lab, host, complaints } = on(1);
    expect(complaints).toEqual([]);
    expect(await lookAtCounter(lab, host, 'TcpExtListenOverflows')).toBe(0);
  });
});
