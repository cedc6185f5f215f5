import { describe, expect, it } from 'vitest';
import { diagnosed, textOf } from './diagnose.ts';

describe('what blocks conclusions, on real hosts', () => {
  const on = diagnosed({
    hosts: [['config-not-loaded'], ['nginx-in-other-namespace'], []],
    load: { ratePerHost: 100 },
    afterSeconds: 5,
    runbook: 'time-wait',
    params: { interval: '2', min_time_wait: '100' },
  });

  it('config-not-loaded: the edited file is named, and nothing is concluded from what it says', async () => {
    const { lab, host, concluded, finding } = on(0);
    expect((await lab.exec(host, ['nginx', '-T'])).stdout).not.toContain('keepalive 32');
    expect(concluded).toEqual(['config-not-loaded']);
    const found = finding('config-not-loaded');
    expect(textOf(found)).toContain('/etc/nginx/conf.d/app.conf changed');
    const { stdout } = await lab.exec(host, ['date', '-u', '-r', '/etc/nginx/conf.d/app.conf', '+%F %T UTC']);
    expect(found?.evidence.map(({ value }) => value)).toContain(stdout.trim());
  });

  it('nginx-in-other-namespace: both namespaces are named, and no number of the wrong stack is judged', async () => {
    const { lab, host, concluded, finding, failedRequests, requestsPerSecond } = on(1);
    expect(failedRequests).toBe(0);
    expect(requestsPerSecond).toBeGreaterThan(50);
    expect(concluded).toEqual(['config-not-loaded']);
    const spaces = 'readlink /proc/self/ns/net "/proc/$(cat /run/nginx.pid)/ns/net"';
    const { stdout } = await lab.exec(host, ['sh', '-c', spaces]);
    expect(finding('config-not-loaded')?.evidence.map(({ value }) => value)).toEqual(stdout.trim().split('\n'));
  });

  it('a healthy host beside them is judged, and nothing is proposed for any of them', () => {
    const { view, complaints, concluded } = on(2);
    expect(complaints).toEqual([]);
    expect(concluded).toContain('client-connections-closed');
    expect(view.proposals).toEqual([]);
  });
});
