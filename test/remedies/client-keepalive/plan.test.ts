import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import { raiseClientKeepaliveRemedy } from '../../../src/remedies/client-keepalive/index.ts';
import type { HostPlan, Planned } from '../../../src/remedies/remedy.ts';
import { acceptedGroup, nginxLogFact, socketsFact } from '../../helpers/network-facts.ts';
import { afterEdits, editingFacts, planned, shownText } from '../../helpers/nginx-edit.ts';
import { runningNginx } from '../../helpers/nginx-facts.ts';

const MAIN = '/etc/nginx/nginx.conf';

function http(text: string): string {
  return `events {}\nhttp {\n${text}  server {\n    listen 80;\n  }\n}\n`;
}

/** TIME_WAIT on port 80 that so many closes per second explain. */
function closing(perSecond: number): Facts {
  return { sockets: socketsFact([acceptedGroup('TIME-WAIT', '10.99.0.2:80', perSecond * 60, '10.99.0.1')]) };
}

function serving(requestsPerSecond: number, acceptsPerSecond: number | null = null): Facts {
  return {
    requests: {
      source: 'stub_status',
      from: 'http://127.0.0.1/status',
      intervalSeconds: 5,
      requestsPerSecond,
      acceptsPerSecond,
      activeConnections: null,
      idleConnections: null,
    },
  };
}

function plan(text: string, changes: Facts, approved?: HostPlan): Planned {
  const facts = editingFacts({ [MAIN]: http(text) }, { ...closing(40), ...changes });
  const input = { host: asHostName('web-1'), facts, changeId: '41-1' };
  return raiseClientKeepaliveRemedy.plan(approved ? { ...input, approved } : input);
}

const LOW = '  keepalive_requests 100;\n';

describe('a plan for more requests per client connection', () => {
  it('replaces the value where it stands', () => {
    expect(shownText(planned(plan(LOW, serving(4000))).actions)).toBe(
      `${MAIN}\n   2   http {\n   3 -   keepalive_requests 100;\n     +   keepalive_requests 1000;`,
    );
  });

  it('replaces every smaller value, also deeper ones, and leaves larger ones', () => {
    const text = `${LOW}  server {\n    keepalive_requests 5000;\n    location / {\n      keepalive_requests 50;\n    }\n  }\n`;
    const made = planned(plan(text, serving(4000)));
    const after = afterEdits({ [MAIN]: http(text) }, made.actions)[MAIN];
    expect(after?.match(/keepalive_requests \d+/g)).toEqual([
      'keepalive_requests 1000',
      'keepalive_requests 5000',
      'keepalive_requests 1000',
    ]);
  });

  it('leaves the keepalive_requests of an upstream block alone', () => {
    const text = `  upstream app {\n    server 127.0.0.1:8080;\n    keepalive_requests 10;\n  }\n${LOW}`;
    expect(afterEdits({ [MAIN]: http(text) }, planned(plan(text, {})).actions)[MAIN]).toContain(
      '    keepalive_requests 10;',
    );
  });

  it('puts it into http beside keepalive_timeout where nginx’s old default is in force', () => {
    const old: Facts = { 'nginx-process': runningNginx('nginx/1.18.0') };
    expect(shownText(planned(plan('  keepalive_timeout 65;\n', old)).actions)).toContain(
      '   3     keepalive_timeout 65;\n     +   keepalive_requests 1000;',
    );
    expect(shownText(planned(plan('', old)).actions)).toContain('   2   http {\n     +   keepalive_requests 1000;');
  });

  it('asks for more under a load that was measured: requests/s x 60 s over the wanted TIME_WAIT, 100,000 at most', () => {
    expect(shownText(planned(plan(LOW, { ...closing(300), ...serving(30_000) })).actions)).toContain(
      'keepalive_requests 2000;',
    );
    expect(shownText(planned(plan(LOW, { ...closing(20_000), ...serving(2e6) })).actions)).toContain(
      'requests 100000;',
    );
  });

  it('predicts closes and TIME_WAIT in numbers', () => {
    const { predicted, targets } = planned(plan(LOW, serving(4000)));
    expect(predicted).toEqual([
      '40 → about 4 client connections/s closed by nginx: 100 → 1,000 requests per connection at 4,000 requests/s.',
      "2,400 → under 800 TIME_WAIT on nginx's own ports within 75 s.",
    ]);
    expect(targets).toEqual({ timeWaitSockets: 800 });
  });

  it('says what it rests on when requests were not measured', () => {
    expect(planned(plan(LOW, {})).risks[0]).toContain('Requests/s were not measured');
  });

  it('keeps the approved number when it is planned again', () => {
    const approved = planned(plan(LOW, { ...closing(300), ...serving(30_000) }));
    expect(planned(plan(LOW, { ...closing(280), ...serving(41_000) }, approved)).actions).toEqual(approved.actions);
  });
});

describe('nothing is planned', () => {
  it.each<[string, string, Facts]>([
    ['the limit is nginx’s present default', '', serving(40_000)],
    ['clients send one request per connection', LOW, serving(41)],
    ['connections end idle before the limit', LOW, serving(40_000)],
    ['keepalive_timeout 0 closes them', `${LOW}  keepalive_timeout 0;\n`, serving(40)],
    ['nginx closes hardly any', LOW, closing(1)],
  ])('when %s', (_when, text, changes) => {
    expect(plan(text, changes).kind).toBe('nothing');
  });
});

describe('a plan is given elsewhere or refused', () => {
  it('when the file belongs to a program, or the sockets are not known', () => {
    const facts = editingFacts({ [MAIN]: `# managed by Chef\n${http(LOW)}` }, closing(40));
    const input = { host: asHostName('web-1'), changeId: '41-1' };
    expect(raiseClientKeepaliveRemedy.plan({ ...input, facts })).toMatchObject({
      kind: 'advice',
      text: expect.stringContaining('keepalive_requests 1000;'),
    });
    const { sockets: _, ...without } = facts;
    expect(raiseClientKeepaliveRemedy.plan({ ...input, facts: without })).toMatchObject({ kind: 'refused' });
    expect(raiseClientKeepaliveRemedy.plan({ ...input, facts: {} })).toMatchObject({ kind: 'refused' });
  });
});

describe('the proof', () => {
  const [fast, slow] = raiseClientKeepaliveRemedy.proofs;
  const made = planned(plan(LOW, serving(4000)));
  const running: Facts = { 'nginx-process': runningNginx() };

  it('holds at first when clients connect no more often per request', () => {
    const before = { ...running, ...serving(4000, 41) };
    expect(fast.judge(made, before, { ...running, ...serving(8000, 9) })).toMatchObject({
      outcome: 'proven',
      statements: expect.arrayContaining(['New client connections: 41 → 9/s at 4,000 → 8,000 requests/s.']),
    });
    expect(fast.judge(made, before, { ...running, ...serving(2000, 200) }).outcome).toBe('not_proven');
    expect(fast.judge(made, running, running).outcome).toBe('proven');
  });

  it('holds in the end when the TIME_WAIT on nginx’s ports are down to what was predicted', () => {
    expect(slow?.judge(made, closing(40), closing(4))).toMatchObject({
      outcome: 'proven',
      statements: expect.arrayContaining(["2,400 → 240 TIME_WAIT on nginx's own ports, predicted under 800."]),
    });
    expect(slow?.judge(made, closing(40), closing(40)).outcome).toBe('not_proven');
    expect(slow?.judge(made, closing(40), {}).outcome).toBe('not_proven');
  });

  it('finds harm in new upstream errors, at first and in the end', () => {
    const log = (lines: number): Facts => ({
      'nginx-log': nginxLogFact({ class: 'upstream-reset', lines, recentLines: lines, last: `line ${lines}` }),
    });
    expect(fast.judge(made, { ...running, ...log(0) }, { ...running, ...log(4) }).outcome).toBe('harmful');
    expect(slow?.judge(made, { ...closing(40), ...log(0) }, { ...closing(4), ...log(4) }).outcome).toBe('harmful');
  });
});
