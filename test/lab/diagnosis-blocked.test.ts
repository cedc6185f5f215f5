import { describe, expect, it } from 'vitest';
import type { RunView } from '../../src/engine/view.ts';
import { findingOf } from '../helpers/lab-product.ts';
import { type Case, complaints, diagnose, HEALTHY, SICK, textOf } from './diagnose.ts';

function caseOf(fault: string): Case {
  return {
    faults: [fault],
    load: { ratePerHost: 150 },
    afterSeconds: 5,
    runbook: 'nginx-keepalive',
    params: { interval: '2', min_time_wait: '100' },
  };
}

/** Rules that concluded anything at all about a host, `ok` and `info` included. */
function concluded(view: RunView, host: string): string[] {
  return view.findings
    .flatMap(({ findings }) => findings)
    .filter((one) => one.host === host)
    .map(({ finding }) => finding.rule);
}

describe('what blocks conclusions, on real hosts', { timeout: 60_000 }, () => {
  it('config-not-loaded: the edited file is named, and nothing is concluded from what it says', () =>
    diagnose(caseOf('config-not-loaded'), async ({ lab, view }) => {
      expect((await lab.exec(SICK, ['nginx', '-T'])).stdout).not.toContain('keepalive 32');
      expect(concluded(view, SICK)).toEqual(['config-not-loaded']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const finding = findingOf(view, 'config-not-loaded', SICK);
      expect(textOf(finding)).toContain('/etc/nginx/conf.d/app.conf changed');
      const { stdout } = await lab.exec(SICK, ['date', '-u', '-r', '/etc/nginx/conf.d/app.conf', '+%F %T UTC']);
      expect(finding?.evidence.map(({ value }) => value)).toContain(stdout.trim());
      expect(view.proposals).toEqual([]);
    }));

  it('nginx-in-other-namespace: both namespaces are named, and no number of the wrong stack is judged', () =>
    diagnose(caseOf('nginx-in-other-namespace'), async ({ lab, view, served }) => {
      expect(served.failed).toBe(0);
      expect(served.ok).toBeGreaterThan(100);
      expect(concluded(view, SICK)).toEqual(['config-not-loaded']);
      expect(complaints(view, HEALTHY)).toEqual([]);
      const { stdout } = await lab.exec(SICK, [
        'sh',
        '-c',
        'readlink /proc/self/ns/net "/proc/$(cat /run/nginx.pid)/ns/net"',
      ]);
      const values = findingOf(view, 'config-not-loaded', SICK)?.evidence.map(({ value }) => value);
      expect(values).toEqual(stdout.trim().split('\n'));
      expect(view.proposals).toEqual([]);
    }));
});
