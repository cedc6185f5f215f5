import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/probes/registry.ts';
import { connectedGroup, socketsFact } from '../../helpers/network-facts.ts';
import { planned } from '../../helpers/nginx-edit.ts';
import { LOCATION, POOLED_LOCATION, poolPlan, poolResult, UPSTREAM } from '../../helpers/pooling.ts';

describe('the size of a pool', () => {
  const with64 = (sockets: number): Facts => ({
    sockets: socketsFact([connectedGroup('ESTAB', '127.0.0.1:8080', sockets)]),
  });

  it('is 32 for few connections and 1.5 times the peak per worker for many', () => {
    expect(poolResult(`${UPSTREAM}\n${LOCATION}`, with64(20))).toContain('keepalive 32;');
    // 200 connections over 2 workers: 150, rounded up.
    expect(poolResult(`${UPSTREAM}\n${LOCATION}`, with64(200))).toContain('keepalive 192;');
  });

  it('rests on the highest of ten looks when they were taken', () => {
    const peak = { samples: 10, seconds: 2, omittedDestinations: 0, tool: 'ss' } as const;
    const changes: Facts = {
      ...with64(20),
      'upstream-peak': { ...peak, peaks: [{ address: '127.0.0.1', port: 8080, sockets: 120 }] },
    };
    expect(poolResult(`${UPSTREAM}\n${LOCATION}`, changes)).toContain('keepalive 96;');
  });

  it('stays as approved while it still holds every connection', () => {
    const text = `${UPSTREAM}\n${LOCATION}`;
    const approved = planned(poolPlan(text, with64(100)));
    expect(approved.basis['pools']).toEqual({ app: 96 });
    expect(planned(poolPlan(text, with64(180), approved)).actions).toEqual(approved.actions);
    expect(planned(poolPlan(text, with64(20), approved)).actions).toEqual(approved.actions);
    expect(planned(poolPlan(text, with64(400), approved)).basis['pools']).not.toEqual({ app: 96 });
  });

  it('needs a typed confirmation above 1000', () => {
    const { confirm } = planned(poolPlan(`${UPSTREAM}\n${LOCATION}`, with64(2000)));
    expect(confirm).toEqual([expect.stringContaining('keeps 1,536 connections per worker')]);
    expect(planned(poolPlan(`${UPSTREAM}\n${LOCATION}`)).confirm).toBeUndefined();
  });

  it('of a pool that is too small grows when nginx closes what does not fit', () => {
    const small = UPSTREAM.replace('}', '  keepalive 2;\n  keepalive_timeout 4s;\n}');
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 9000),
      connectedGroup('ESTAB', '127.0.0.1:8080', 64),
    ]);
    expect(poolResult(`${small}\n${POOLED_LOCATION}`, { sockets })).toContain('  keepalive 48;\n');
    expect(poolPlan(`${small}\n${POOLED_LOCATION}`, with64(4)).kind).toBe('nothing');
  });
});

describe('the end of idle connections', () => {
  const idle = (idleMs: number): Facts => ({
    'backend-idle': {
      backends: [{ address: '127.0.0.1', port: 8080, outcome: 'closed', idleMs, because: null }],
      omittedBackends: 0,
    },
  });

  it.each([
    [75_000, '4s'],
    [5003, '4s'],
    [4990, '4s'],
    [3004, '2s'],
    [103, '50ms'],
  ])('of a backend that closes after %d ms is %s', (idleMs, timeout) => {
    expect(poolResult(`${UPSTREAM}\n${LOCATION}`, idle(idleMs))).toContain(`keepalive_timeout ${timeout};`);
  });

  it('stays as approved while it is shorter than the backend’s', () => {
    const text = `${UPSTREAM}\n${LOCATION}`;
    const approved = planned(poolPlan(text, idle(103)));
    expect(planned(poolPlan(text, idle(96), approved)).actions).toEqual(approved.actions);
  });

  it('says which backend closes when, or that it is not known', () => {
    expect(planned(poolPlan(`${UPSTREAM}\n${LOCATION}`, idle(5000))).risks[0]).toBe(
      'A backend that closes idle connections sooner than nginx makes 502s, of POST above all: 127.0.0.1:8080 closes them after 5 s, nginx after 4s.',
    );
    expect(planned(poolPlan(`${UPSTREAM}\n${LOCATION}`)).risks[0]).toContain('their idle timeouts are not known');
  });

  it('names a backend that keeps no connection at all', () => {
    const changes: Facts = {
      'backend-idle': {
        backends: [{ address: '127.0.0.1', port: 8080, outcome: 'not-kept', idleMs: null, because: null }],
        omittedBackends: 0,
      },
    };
    expect(planned(poolPlan(`${UPSTREAM}\n${LOCATION}`, changes)).risks).toContainEqual(
      expect.stringContaining('127.0.0.1:8080 closed the connection together with its answer'),
    );
  });

  it('is shortened when it is longer than the backend’s and the plan changes the pool', () => {
    const pool = UPSTREAM.replace('}', '  keepalive 16;\n  keepalive_timeout 60s;\n}');
    expect(poolResult(`${pool}\n${LOCATION}`, idle(5000))).toContain('keepalive 16;\n  keepalive_timeout 4s;\n}');
    expect(poolResult(`${pool}\n${LOCATION}`, idle(75_000))).toContain('keepalive 16;\n  keepalive_timeout 60s;\n}');
  });

  it('is put in when a pool that was there begins to work', () => {
    const pool = UPSTREAM.replace('}', '  keepalive 16;\n}');
    expect(poolResult(`${pool}\n${LOCATION}`)).toContain('keepalive 16;\n  keepalive_timeout 4s;\n}');
  });
});

describe('an upstream whose balancing is done elsewhere', () => {
  it.each([
    'balancer_by_lua_block {\n    set("127.0.0.1", "}")\n  }',
    'balancer_by_lua_file /etc/nginx/balance.lua;',
    'some_module_balancing on;',
  ])('gets its pool below %s', (method) => {
    const made = poolResult(`upstream app {\n  server 0.0.0.1:8080;\n  ${method}\n}\n${LOCATION}`);
    expect(made).toContain(`  ${method}\n  keepalive 32;\n  keepalive_timeout 4s;\n}`);
  });
});

describe('a pool that is there', () => {
  const pooled = (lines: string) => `${UPSTREAM.replace('}', `${lines}\n}`)}\n${POOLED_LOCATION}`;
  const closed = (timeWait: number, changes: Facts = {}): Facts => ({
    sockets: socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', timeWait)]),
    ...changes,
  });

  it('gets keepalive_requests 1000 when connections end after few requests', () => {
    const text = pooled('  keepalive 32;\n  keepalive_requests 20;\n  keepalive_timeout 4s;');
    expect(poolResult(text, closed(12_000))).toContain('  keepalive_requests 1000;\n');
    expect(poolPlan(text, closed(20)).kind).toBe('nothing');
    const approved = planned(poolPlan(text, closed(12_000)));
    expect(planned(poolPlan(text, closed(20), approved)).actions).toEqual(approved.actions);
  });

  it('keeps idle connections longer when they end at once and the backends are known to keep them', () => {
    const text = pooled('  keepalive 32;\n  keepalive_timeout 50ms;');
    const idle = {
      backends: [{ address: '127.0.0.1', port: 8080, outcome: 'closed', idleMs: 5002, because: null }],
      omittedBackends: 0,
    } as const;
    expect(poolResult(text, closed(5000, { 'backend-idle': idle }))).toContain('keepalive_timeout 4s;');
    expect(poolPlan(text, closed(5000)).kind).toBe('nothing');
  });

  it('gets a shorter idle time when a backend is known to close first, and says that only this changes', () => {
    const idle = (idleMs: number): Facts => ({
      'backend-idle': {
        backends: [{ address: '127.0.0.1', port: 8080, outcome: 'closed', idleMs, because: null }],
        omittedBackends: 0,
      },
    });
    for (const lines of ['  keepalive 32;\n  keepalive_timeout 60s;', '  keepalive 32;']) {
      expect(poolResult(pooled(lines), closed(0, idle(103)))).toContain('keepalive_timeout 50ms;');
    }
    const text = pooled('  keepalive 32;\n  keepalive_timeout 60s;');
    const made = planned(poolPlan(text, closed(0, idle(103))));
    expect(made.basis['purpose']).toBe('idle timeouts');
    expect(made.predicted[0]).toContain('"app" after 50ms');
    expect(made.targets).toBeUndefined();
    expect(poolPlan(text, closed(0, idle(75_000))).kind).toBe('nothing');
    expect(poolPlan(text, closed(0)).kind).toBe('nothing');
    expect(planned(poolPlan(text, closed(0), made)).actions).toEqual(made.actions);
  });

  it('grows when far more connections are closed than its limit of requests explains', () => {
    const text = pooled('  keepalive 2;\n  keepalive_timeout 4s;');
    const requests = {
      source: 'stub_status',
      from: 'http://127.0.0.1/status',
      intervalSeconds: 5,
      acceptsPerSecond: null,
      activeConnections: null,
      idleConnections: null,
      requestsPerSecond: 300,
    } as const;
    expect(poolResult(text, closed(200, { requests }))).toContain('keepalive 32;');
    expect(poolPlan(text, closed(110, { requests: { ...requests, requestsPerSecond: 1800 } })).kind).toBe('nothing');
  });
});
