import { describe, expect, it } from 'vitest';
import { findingOf } from '../helpers/lab-product.ts';
import { complaints, diagnose, expectBetween, HEALTHY, numberOf, placesOf, SICK, textOf } from './diagnose.ts';
import { lookAtCounter, lookAtErrors, lookAtQueue, lookAtSetting, lookForLine } from './look.ts';

const BUCKETS = '/etc/sysctl.d/52-buckets.conf';

describe('limits of the kernel, on real hosts', { timeout: 90_000 }, () => {
  it('narrow-port-range: the ports are used up, connect() is refused, and the reason for it is named', () =>
    diagnose(
      {
        faults: ['narrow-port-range'],
        load: { ratePerHost: 250 },
        afterSeconds: 16,
        runbook: 'time-wait',
        params: { interval: '2', min_time_wait: '500' },
      },
      async ({ lab, view, before }) => {
        expect(complaints(view, HEALTHY)).toEqual([]);
        const ports = findingOf(view, 'ephemeral-ports', SICK);
        expect(ports?.severity).toBe('critical');
        expect(numberOf(ports, /^Ports that the kernel may assign$/)).toBe(1_001);
        expect(numberOf(ports, /^Ports held from 127\.0\.0\.1 to 127\.0\.0\.1:8080$/)).toBe(1_001);
        expect(before.nginxClosed).toBeGreaterThanOrEqual(3 * 1_001);
        const refused = findingOf(view, 'address-not-available', SICK);
        expect(refused?.severity).toBe('critical');
        const lines = numberOf(refused, /^Refused for want of a port, last 10 min$/);
        expectBetween(lines, 1, await lookAtErrors(lab, SICK, /\(99: Cannot assign requested address\)/));
        const cause = findingOf(view, 'half-keepalive', SICK);
        expect(cause?.severity).toBe('critical');
        expect(cause?.notConcluded.join(' ')).not.toMatch(/not port exhaustion/);
        expect(placesOf(cause).join(' ')).toMatch(/app\.conf:1\b/);
      },
    ));

  it('accept-queue: the full queue is named with its numbers, and TIME_WAIT is not blamed', () =>
    diagnose(
      {
        faults: ['accept-queue'],
        load: { ratePerHost: 40 },
        afterSeconds: 4,
        runbook: 'tcp-health',
        params: { interval: '3' },
      },
      async ({ lab, view }) => {
        expect(complaints(view, SICK)).toEqual(['accept-queue']);
        expect(complaints(view, HEALTHY)).toEqual([]);
        const finding = findingOf(view, 'accept-queue', SICK);
        const queue = await lookAtQueue(lab, SICK, 8082);
        expect(numberOf(finding, /^Queue of 127\.0\.0\.1:8082/)).toBe(queue.limit);
        expect(numberOf(finding, /^Waiting on 127\.0\.0\.1:8082/)).toBe(queue.waiting);
        expect(numberOf(finding, /^ListenOverflows$/)).toBeGreaterThan(0);
        expect(await lookAtCounter(lab, SICK, 'TcpExtListenOverflows')).toBeGreaterThan(0);
        expect(await lookAtCounter(lab, HEALTHY, 'TcpExtListenOverflows')).toBe(0);
        expect(finding?.notConcluded.join(' ')).toMatch(/not a TIME_WAIT problem/);
      },
    ));

  it('tw-buckets: the overflow and the line that causes it are named', () =>
    diagnose(
      {
        faults: ['no-upstream-keepalive', 'tw-buckets'],
        load: { ratePerHost: 150 },
        afterSeconds: 6,
        runbook: 'sysctl-audit',
        params: { interval: '3' },
      },
      async ({ lab, view, before, after, served }) => {
        expect(complaints(view, SICK)).toEqual(['dated-tuning', 'time-wait-limit']);
        expect(complaints(view, HEALTHY)).toEqual([]);
        const place = `${BUCKETS}:${await lookForLine(lab, SICK, BUCKETS, /tcp_max_tw_buckets/)}`;
        expect(placesOf(findingOf(view, 'dated-tuning', SICK))).toContain(place);
        const limit = findingOf(view, 'time-wait-limit', SICK);
        expect(textOf(limit)).toContain('500');
        expect(Math.max(before.total, after.total)).toBeLessThanOrEqual(500);
        expect(await lookAtCounter(lab, SICK, 'TcpExtTCPTimeWaitOverflow')).toBeGreaterThan(0);
        const rate = served.ok / served.seconds;
        expectBetween(numberOf(limit, /overflow|not kept|dropped/i), 0.3 * rate, 1.3 * rate);
        expect(await lookAtSetting(lab, HEALTHY, 'ipv4/tcp_max_tw_buckets')).not.toBe('500');
      },
    ));
});
