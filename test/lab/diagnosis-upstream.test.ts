import { describe, expect, it } from 'vitest';
import { findingOf } from '../helpers/lab-product.ts';
import {
  type Case,
  complaints,
  type Diagnosis,
  diagnose,
  expectBetween,
  HEALTHY,
  numberOf,
  placesOf,
  SICK,
  textOf,
} from './diagnose.ts';
import { lookForLine } from './look.ts';

const APP = '/etc/nginx/conf.d/app.conf';

function caseOf(fault: string, more: Partial<Case> = {}): Case {
  return {
    faults: [fault],
    load: { ratePerHost: 150 },
    afterSeconds: 6,
    runbook: 'nginx-keepalive',
    params: { interval: '2', min_time_wait: '300' },
    ...more,
  };
}

/** The place of a line of the sick host's app.conf, looked up without the product. */
async function placeOf({ lab }: Diagnosis, pattern: RegExp): Promise<string> {
  return `${APP}:${await lookForLine(lab, SICK, APP, pattern)}`;
}

describe('connections to backends, on real hosts', { timeout: 60_000 }, () => {
  it('half-fix: nginx closes, the missing pool is blamed, and the healthy neighbour is spared', () =>
    diagnose(caseOf('half-fix'), async (found) => {
      const { view, before, after, served } = found;
      expect(complaints(view, SICK)).toEqual(['half-keepalive']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'half-keepalive', SICK);
      expectBetween(numberOf(finding, /closed by nginx$/), before.nginxClosed, after.nginxClosed);
      expectBetween(numberOf(finding, /closed by the backend$/), before.backendClosed, after.backendClosed);
      const rate = served.ok / served.seconds;
      expectBetween(numberOf(finding, /^New outgoing connections$/), 0.7 * rate, 1.3 * rate);
      expectBetween(numberOf(finding, /^Requests$/), 0.7 * rate, 1.3 * rate);
      expect(placesOf(finding)).toEqual(
        await Promise.all([/^upstream app/, /^upstream cart/, /^upstream search/].map((line) => placeOf(found, line))),
      );
      expect(textOf(finding)).toMatch(/nginx closes first/);
      expect(textOf(finding)).toMatch(/Give the upstream block keepalive/);
      expect(finding?.notConcluded.join(' ')).toMatch(/not port exhaustion: nginx holds [\d,]+ of 28,232 ports/);
    }));

  it('small-pool: the size of the pool is blamed, not its absence', () =>
    diagnose(caseOf('small-pool'), async (found) => {
      const { view, before, after } = found;
      expect(complaints(view, SICK)).toEqual(['half-keepalive']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'half-keepalive', SICK);
      expect(finding?.title).toMatch(/pool is too small/);
      expectBetween(numberOf(finding, /closed by nginx$/), before.nginxClosed, after.nginxClosed);
      expect(placesOf(finding)).toContain(await placeOf(found, /^ {2}keepalive 2;/));
      expect(textOf(finding)).not.toMatch(/has no keepalive/);
    }));

  it('websocket-map: the line of the map is blamed, and the advice keeps the variable', () =>
    diagnose(caseOf('websocket-map'), async (found) => {
      const { view, before, after } = found;
      expect(complaints(view, SICK)).toEqual(['half-keepalive']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'half-keepalive', SICK);
      const closed = numberOf(finding, /closed by (nginx|the backend)$/);
      expectBetween(closed, before.nginxClosed + before.backendClosed, after.nginxClosed + after.backendClosed);
      expect(placesOf(finding)).toEqual([await placeOf(found, /^ {2}'' close;/)]);
      expect(textOf(finding)).toMatch(/from close to ''/);
      expect(textOf(finding)).not.toMatch(/too small|has no keepalive/);
    }));

  it('no-upstream-keepalive: the backends close, and the missing pool is blamed', () =>
    diagnose(caseOf('no-upstream-keepalive'), async (found) => {
      const { view, before, after, served } = found;
      expect(complaints(view, SICK)).toEqual(['upstream-not-pooled']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'upstream-not-pooled', SICK);
      expectBetween(numberOf(finding, /closed by the backend$/), before.backendClosed, after.backendClosed);
      const rate = served.ok / served.seconds;
      expectBetween(numberOf(finding, /^New outgoing connections$/), 0.7 * rate, 1.3 * rate);
      expect(placesOf(finding)).toContain(await placeOf(found, /^upstream app/));
    }));

  it('short-backend-idle: the two timeouts are measured and the longer one is blamed', () =>
    diagnose(caseOf('short-backend-idle', { load: { ratePerHost: 29 } }), async (found) => {
      const { view } = found;
      expect(complaints(view, SICK)).toContain('idle-timeout-order');
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'idle-timeout-order', SICK);
      expect(numberOf(finding, /^Pool of upstream "app"/)).toBe(60);
      expectBetween(numberOf(finding, /^127\.0\.0\.1:8080 closed an idle connection/), 0.1, 1);
      expect(placesOf(finding)).toContain(await placeOf(found, /keepalive_timeout 60s;/));
    }));

  it('a healthy busy host is told that there is nothing to fix', () =>
    diagnose({ ...caseOf(''), faults: [], load: { ratePerHost: 300 } }, async ({ view, before }) => {
      expect(complaints(view, SICK)).toEqual([]);
      expect(complaints(view, HEALTHY)).toEqual([]);
      expect(findingOf(view, 'half-keepalive', SICK)).toBeUndefined();
      expect(findingOf(view, 'idle-timeout-order', SICK)).toBeUndefined();
      expect(textOf(findingOf(view, 'client-connections-closed', SICK))).toMatch(/nothing to fix/);
      expect(before.total).toBeLessThan(300);
    }));
});
