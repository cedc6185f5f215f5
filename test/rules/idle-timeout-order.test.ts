import { describe, expect, it } from 'vitest';
import type { BackendIdle } from '../../src/probes/backend-idle/fact.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { idleTimeoutOrderRule } from '../../src/rules/idle-timeout-order.ts';
import { nginxLogFact } from '../helpers/network-facts.ts';
import { httpConfig, runningNginx } from '../helpers/nginx-facts.ts';
import { conclusionsOf, findingIn } from '../helpers/rules.ts';

function configured(upstream = 'keepalive 32;', location = 'proxy_http_version 1.1; proxy_set_header Connection "";') {
  return httpConfig(
    `upstream app {\nserver 127.0.0.1:8080;\n${upstream}\n}\nserver { listen 80; location / { proxy_pass http://app; ${location} } }`,
  );
}

function idle(
  idleMs: number | null,
  outcome: BackendIdle['outcome'] = 'closed',
  port = 8080,
): Facts['backend-idle'] & object {
  const because = outcome === 'unknown' ? 'it took no connection' : null;
  return { backends: [{ address: '127.0.0.1', port, outcome, idleMs, because }], omittedBackends: 0 };
}

function facts(change: Partial<Facts> = {}): Facts {
  return { 'nginx-config': configured(), 'nginx-process': runningNginx(), 'backend-idle': idle(5010), ...change };
}

const CLOSED_EARLY = nginxLogFact({ class: 'upstream-closed-early', lines: 39, recentLines: 21, last: 'prematurely' });

describe('the order of idle timeouts', () => {
  it('is wrong when the default of 60 s meets a backend that closes after five', () => {
    const finding = findingIn(facts(), idleTimeoutOrderRule);
    expect(finding).toMatchObject({ severity: 'warning', confidence: 'high' });
    expect(finding?.explanation).toEqual([
      'nginx.conf:2: upstream "app" keeps idle connections for 1 min (the default), and they are closed by 127.0.0.1:8080 after 5 s.',
      expect.stringContaining('nginx repeats a GET, but a POST becomes a 502'),
      "Set keepalive_timeout of the upstream below the backend's, for example 4s.",
    ]);
    expect(finding?.evidence).toEqual([
      {
        label: 'Pool of upstream "app" keeps an idle connection',
        value: 60,
        unit: 's',
        source: 'default of nginx 1.22.1',
      },
      {
        label: '127.0.0.1:8080 closed an idle connection after',
        value: 5.01,
        unit: 's',
        source: 'one idle connection, timed to its FIN',
      },
    ]);
    expect(finding?.notConcluded[0]).toContain('no reason to give up pooling');
  });

  it('is blamed on the line that sets it, with the log lines that show it', () => {
    const config = configured('keepalive 32;\nkeepalive_timeout 60s;');
    const finding = findingIn(
      facts({ 'nginx-config': config, 'backend-idle': idle(110), 'nginx-log': CLOSED_EARLY }),
      idleTimeoutOrderRule,
    );
    expect(finding?.explanation[0]).toContain('nginx.conf:5: upstream "app" keeps idle connections for 1 min, and');
    expect(finding?.explanation[1]).toContain('nginx logged 21 such lines in the last ten minutes');
    expect(finding?.explanation[2]).toContain('for example 55ms');
    expect(finding?.evidence.map(({ source }) => source)).toContain('/etc/nginx/nginx.conf:5');
  });

  it('is wrong when both are equal, since the measured time is a little longer', () => {
    const equal = configured('keepalive 32;\nkeepalive_timeout 5s;');
    expect(findingIn(facts({ 'nginx-config': equal }), idleTimeoutOrderRule)).toBeDefined();
  });

  it('is wrong without limit before 1.15.3, which has no such directive', () => {
    const finding = findingIn(facts({ 'nginx-process': runningNginx('nginx/1.14.2') }), idleTimeoutOrderRule);
    expect(finding?.explanation[0]).toContain('keeps idle connections without limit, and they');
  });

  it('is wrong on an nginx that pools by itself, too', () => {
    const given = facts({ 'nginx-config': configured('', ''), 'nginx-process': runningNginx('nginx/1.29.7') });
    expect(findingIn(given, idleTimeoutOrderRule)?.severity).toBe('warning');
  });

  it('is suspect when the log says so and no backend told its timeout', () => {
    for (const backends of [undefined, idle(null, 'unknown')]) {
      const { 'backend-idle': _, ...rest } = facts({ 'nginx-log': CLOSED_EARLY });
      const finding = findingIn(backends ? { ...rest, 'backend-idle': backends } : rest, idleTimeoutOrderRule);
      expect(finding).toMatchObject({ severity: 'warning', confidence: 'low' });
      expect(finding?.notConcluded.length).toBe(2);
    }
  });

  it('is suspect when the log says so and the backend was watched for less than the pool keeps', () => {
    const given = facts({ 'backend-idle': idle(12_000, 'open'), 'nginx-log': CLOSED_EARLY });
    expect(findingIn(given, idleTimeoutOrderRule)).toMatchObject({ confidence: 'low' });
  });

  it('is right, or cannot be wrong', () => {
    const silent: Partial<Facts>[] = [
      { 'nginx-config': configured('keepalive 32;\nkeepalive_timeout 4s;') },
      { 'backend-idle': idle(12_000, 'open') },
      { 'backend-idle': idle(null, 'not-kept') },
      { 'backend-idle': idle(null, 'unknown') },
      { 'backend-idle': idle(5010, 'closed', 9999) },
      { 'nginx-config': configured('', '') },
      { 'nginx-config': configured('keepalive 32;', '') },
      { 'nginx-process': { masters: [] } },
      {
        'nginx-config': configured('keepalive 32;\nkeepalive_timeout 10s;'),
        'backend-idle': idle(12_000, 'open'),
        'nginx-log': CLOSED_EARLY,
      },
    ];
    expect(silent.map((change) => findingIn(facts(change), idleTimeoutOrderRule))).toEqual(silent.map(() => undefined));
  });

  it('is not judged without the configuration', () => {
    const { 'nginx-config': _, ...rest } = facts();
    expect(conclusionsOf(rest, idleTimeoutOrderRule).notConcluded[0]?.because).toContain('needs nginx-config');
  });
});
