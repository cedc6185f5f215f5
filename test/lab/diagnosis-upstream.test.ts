import { describe, expect, it } from 'vitest';
import { type Diagnosis, diagnosed, expectBetween, expectLike, numberOf, placesOf, textOf } from './diagnose.ts';
import { lookForLine } from './look.ts';

const APP = '/etc/nginx/conf.d/app.conf';

/** The place of a line of the host's app.conf, looked up without the product. */
async function placeOf({ lab, host }: Diagnosis, pattern: RegExp): Promise<string> {
  return `${APP}:${await lookForLine(lab, host, APP, pattern)}`;
}

function expectCounts({ before, after }: Diagnosis, finding: Parameters<typeof numberOf>[0]): void {
  expectBetween(numberOf(finding, /, closed by nginx$/), before.nginxClosed, after.nginxClosed);
  expectBetween(numberOf(finding, /, closed by the backend$/), before.backendClosed, after.backendClosed);
}

describe('connections to backends, on real hosts', () => {
  const on = diagnosed({
    hosts: [['no-upstream-keepalive'], ['half-fix'], ['small-pool'], ['websocket-map'], []],
    load: { ratePerHost: 120 },
    afterSeconds: 5,
    runbook: 'time-wait',
    params: { interval: '2', min_time_wait: '200' },
  });

  it('no-upstream-keepalive: the backends close, and the missing pool is blamed', async () => {
    const found = on(0);
    expect(found.complaints).toEqual(['upstream-not-pooled']);
    const finding = found.finding('upstream-not-pooled');
    expectCounts(found, finding);
    expectLike(numberOf(finding, /^New outgoing connections$/), found.requestsPerSecond);
    expectLike(numberOf(finding, /^Requests$/), found.requestsPerSecond);
    expect(placesOf(finding)).toContain(await placeOf(found, /^upstream app/));
    expect(textOf(finding)).toMatch(/All three belong together/);
  });

  it('half-fix: nginx closes, the missing pool is blamed, and what would be worse is said', async () => {
    const found = on(1);
    expect(found.complaints).toEqual(['half-keepalive']);
    const finding = found.finding('half-keepalive');
    expectCounts(found, finding);
    expect(found.before.backendClosed).toBeLessThan(found.before.nginxClosed / 10);
    expectLike(numberOf(finding, /^New outgoing connections$/), found.requestsPerSecond);
    expect(placesOf(finding)).toEqual(
      await Promise.all([/^upstream app/, /^upstream cart/, /^upstream search/].map((line) => placeOf(found, line))),
    );
    expect(textOf(finding)).toMatch(/nginx closes first/);
    expect(textOf(finding)).toMatch(/Give the upstream block keepalive/);
    expect(finding?.notConcluded.join(' ')).toMatch(/not port exhaustion: nginx holds [\d,]+ of 28,232 ports/);
  });

  it('small-pool: the size of the pool is blamed, not its absence', async () => {
    const found = on(2);
    expect(found.complaints).toEqual(['half-keepalive']);
    const finding = found.finding('half-keepalive');
    expect(finding?.title).toMatch(/pool is too small/);
    expectCounts(found, finding);
    expect(placesOf(finding)).toContain(await placeOf(found, /^ {2}keepalive 2;/));
    expect(textOf(finding)).not.toMatch(/has no keepalive/);
  });

  it('websocket-map: the line of the map is blamed, and the advice keeps the variable', async () => {
    const found = on(3);
    expect(found.complaints).toEqual(['half-keepalive']);
    const finding = found.finding('half-keepalive');
    expectCounts(found, finding);
    expect(placesOf(finding)).toEqual([await placeOf(found, /^ {2}'' close;/)]);
    expect(textOf(finding)).toMatch(/from close to ''/);
    expect(textOf(finding)).not.toMatch(/too small|has no keepalive/);
  });

  it('a healthy host with the same load is told that there is nothing to fix', () => {
    const found = on(4);
    expect(found.complaints).toEqual([]);
    expect(found.concluded).not.toContain('half-keepalive');
    expect(textOf(found.finding('client-connections-closed'))).toMatch(/nothing to fix/);
    expect(found.before.total).toBeLessThan(200);
  });
});

describe('idle timeouts of pool and backends, on real hosts', () => {
  const on = diagnosed({
    hosts: [['short-backend-idle'], []],
    load: { ratePerHost: 29 },
    afterSeconds: 5,
    runbook: 'nginx-keepalive',
    params: { interval: '2' },
  });

  it('short-backend-idle: both are measured, and the line of the longer one is blamed', async () => {
    const found = on(0);
    expect(found.complaints).toContain('idle-timeout-order');
    const finding = found.finding('idle-timeout-order');
    const numbers = (label: RegExp) =>
      (finding?.evidence ?? []).filter((one) => label.test(one.label)).map(({ value }) => Number(value));
    expect(new Set(numbers(/^Pool of upstream/))).toEqual(new Set([60]));
    // On a busy machine the host's shell may begin to count a little late.
    for (const seconds of numbers(/ closed an idle connection after$/)) expectBetween(seconds, 0.03, 0.5);
    expect(placesOf(finding).length).toBeGreaterThan(0);
    const text = (await found.lab.exec(found.host, ['cat', APP])).stdout.split('\n');
    for (const place of placesOf(finding))
      expect(text[Number(place.split(':')[1]) - 1]).toBe('  keepalive_timeout 60s;');
  });

  it('a pool that gives up before the backend is not complained about', () => {
    expect(on(1).complaints).toEqual([]);
    expect(on(1).concluded).not.toContain('idle-timeout-order');
  });
});
