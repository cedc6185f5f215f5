import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import { createRedact } from '../../../src/base/redact.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import { planPooling } from '../../../src/remedies/pool-upstream/plan.ts';
import type { HostPlan, Planned } from '../../../src/remedies/remedy.ts';
import { connectedGroup, socketsFact } from '../../helpers/network-facts.ts';
import { afterEdits, editingFacts, planned, shownText } from '../../helpers/nginx-edit.ts';
import { runningNginx } from '../../helpers/nginx-facts.ts';

const MAIN = '/etc/nginx/nginx.conf';

function http(text: string): string {
  return `events {}\nhttp {\n${text}\n}\n`;
}

function plan(text: string, changes: Facts = {}, approved?: HostPlan): Planned {
  const facts = editingFacts({ [MAIN]: http(text) }, changes);
  return planPooling({ host: asHostName('web-1'), facts, changeId: '41-1', ...(approved && { approved }) });
}

/** What the configuration is after the plan, without the frame. */
function result(text: string, changes: Facts = {}): string {
  const files = { [MAIN]: http(text) };
  const after = afterEdits(files, planned(plan(text, changes)).actions)[MAIN] ?? '';
  return after.slice('events {}\nhttp {\n'.length, -'\n}\n'.length);
}

const UPSTREAM = 'upstream app {\n  server 127.0.0.1:8080;\n}';
const LOCATION = 'server {\n  location / {\n    proxy_pass http://app;\n  }\n}';
const POOLED_LOCATION =
  'server {\n  location / {\n    proxy_pass http://app;\n    proxy_http_version 1.1;\n    proxy_set_header Connection "";\n  }\n}';

function version(text: string): Facts {
  return { 'nginx-process': runningNginx(`nginx/${text}`) };
}

describe('a plan to pool an upstream', () => {
  it('shows the exact lines with their numbers, and loads them with the running binary', () => {
    const { actions } = planned(plan(`${UPSTREAM}\n${LOCATION}`));
    expect(shownText(actions)).toBe(
      [
        MAIN,
        '   3   upstream app {',
        '   4     server 127.0.0.1:8080;',
        '     +   keepalive 32;',
        '     +   keepalive_timeout 4s;',
        '   7     location / {',
        '   8       proxy_pass http://app;',
        '     +     proxy_http_version 1.1;',
        '     +     proxy_set_header Connection "";',
      ].join('\n'),
    );
    expect(actions.at(-1)).toEqual({ kind: 'nginx', binary: '/usr/sbin/nginx', conf: null, prefix: null });
  });

  it('predicts opens and TIME_WAIT from the measured load', () => {
    const { predicted, targets } = planned(plan(`${UPSTREAM}\n${LOCATION}`));
    expect(predicted[0]).toContain('4,035 → about 5 new upstream connections/s within 15 s');
    expect(predicted[1]).toContain('37,257 → under 800 TIME_WAIT');
    expect(targets).toEqual({ opensPerSecond: 807, timeWaitSockets: 800 });
  });

  it('predicts from the keepalive_requests of the block when it has one', () => {
    const text = UPSTREAM.replace('}', '  keepalive_requests 100;\n}');
    expect(planned(plan(`${text}\n${LOCATION}`)).predicted[0]).toContain('about 41 new upstream connections/s');
  });

  it('makes no numbers up when nothing was measured', () => {
    const facts = editingFacts({ [MAIN]: http(`${UPSTREAM}\n${LOCATION}`) });
    const { 'tcp-counters': _, ...without } = facts;
    const made = planned(planPooling({ host: asHostName('web-1'), facts: without, changeId: '41-1' }));
    expect(made.predicted).toEqual([expect.stringContaining('was not measured')]);
    expect(made.targets).toBeUndefined();
  });

  it('has a basis without counts, so that reading again gives the same plan', () => {
    const first = planned(plan(`${UPSTREAM}\n${LOCATION}`));
    const sockets = socketsFact([connectedGroup('ESTAB', '127.0.0.1:8080', 25)]);
    expect(planned(plan(`${UPSTREAM}\n${LOCATION}`, { sockets })).basis).toEqual(first.basis);
  });

  it('has nothing to do when everything is pooled', () => {
    const pooled = UPSTREAM.replace('}', '  keepalive 32;\n}');
    expect(plan(`${pooled}\n${POOLED_LOCATION}`, { sockets: socketsFact([]) })).toEqual({
      kind: 'nothing',
      reason: '1 upstream keeps its connections already; nothing to pool.',
    });
  });

  it('leaves an upstream alone to which nothing is passed', () => {
    expect(result(`upstream spare {\n  server 127.0.0.1:9;\n}\n${UPSTREAM}\n${LOCATION}`)).toContain(
      'upstream spare {\n  server 127.0.0.1:9;\n}',
    );
  });
});

describe('the size of a pool', () => {
  const with64 = (sockets: number): Facts => ({
    sockets: socketsFact([connectedGroup('ESTAB', '127.0.0.1:8080', sockets)]),
  });

  it('is 32 for few connections and 1.5 times the peak per worker for many', () => {
    expect(result(`${UPSTREAM}\n${LOCATION}`, with64(20))).toContain('keepalive 32;');
    // 200 connections over 2 workers: 150, rounded up.
    expect(result(`${UPSTREAM}\n${LOCATION}`, with64(200))).toContain('keepalive 192;');
  });

  it('rests on the highest of ten looks when they were taken', () => {
    const peak = { samples: 10, seconds: 2, omittedDestinations: 0, tool: 'ss' } as const;
    const changes: Facts = {
      ...with64(20),
      'upstream-peak': { ...peak, peaks: [{ address: '127.0.0.1', port: 8080, sockets: 120 }] },
    };
    expect(result(`${UPSTREAM}\n${LOCATION}`, changes)).toContain('keepalive 96;');
  });

  it('stays as approved while it still holds every connection', () => {
    const text = `${UPSTREAM}\n${LOCATION}`;
    const approved = planned(plan(text, with64(100)));
    expect(approved.basis['pools']).toEqual({ app: 96 });
    expect(planned(plan(text, with64(180), approved)).actions).toEqual(approved.actions);
    expect(planned(plan(text, with64(20), approved)).actions).toEqual(approved.actions);
    expect(planned(plan(text, with64(400), approved)).basis['pools']).not.toEqual({ app: 96 });
  });

  it('needs a typed confirmation above 1000', () => {
    const { confirm } = planned(plan(`${UPSTREAM}\n${LOCATION}`, with64(2000)));
    expect(confirm).toEqual([expect.stringContaining('keeps 1,536 connections per worker')]);
    expect(planned(plan(`${UPSTREAM}\n${LOCATION}`)).confirm).toBeUndefined();
  });

  it('of a pool that is too small grows when nginx closes what does not fit', () => {
    const small = UPSTREAM.replace('}', '  keepalive 2;\n  keepalive_timeout 4s;\n}');
    const sockets = socketsFact([
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 9000),
      connectedGroup('ESTAB', '127.0.0.1:8080', 64),
    ]);
    expect(result(`${small}\n${POOLED_LOCATION}`, { sockets })).toContain('  keepalive 48;\n');
    expect(plan(`${small}\n${POOLED_LOCATION}`, with64(4)).kind).toBe('nothing');
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
    expect(result(`${UPSTREAM}\n${LOCATION}`, idle(idleMs))).toContain(`keepalive_timeout ${timeout};`);
  });

  it('stays as approved while it is shorter than the backend’s', () => {
    const text = `${UPSTREAM}\n${LOCATION}`;
    const approved = planned(plan(text, idle(103)));
    expect(planned(plan(text, idle(96), approved)).actions).toEqual(approved.actions);
  });

  it('says which backend closes when, or that it is not known', () => {
    expect(planned(plan(`${UPSTREAM}\n${LOCATION}`, idle(5000))).risks[0]).toBe(
      'A backend that closes idle connections sooner than nginx makes 502s, of POST above all: 127.0.0.1:8080 closes them after 5 s, nginx after 4s.',
    );
    expect(planned(plan(`${UPSTREAM}\n${LOCATION}`)).risks[0]).toContain('their idle timeouts are not known');
  });

  it('names a backend that keeps no connection at all', () => {
    const changes: Facts = {
      'backend-idle': {
        backends: [{ address: '127.0.0.1', port: 8080, outcome: 'not-kept', idleMs: null, because: null }],
        omittedBackends: 0,
      },
    };
    expect(planned(plan(`${UPSTREAM}\n${LOCATION}`, changes)).risks).toContainEqual(
      expect.stringContaining('127.0.0.1:8080 closed the connection together with its answer'),
    );
  });

  it('is shortened when it is longer than the backend’s and the plan changes the pool', () => {
    const pool = UPSTREAM.replace('}', '  keepalive 16;\n  keepalive_timeout 60s;\n}');
    expect(result(`${pool}\n${LOCATION}`, idle(5000))).toContain('keepalive 16;\n  keepalive_timeout 4s;\n}');
    expect(result(`${pool}\n${LOCATION}`, idle(75_000))).toContain('keepalive 16;\n  keepalive_timeout 60s;\n}');
  });

  it('is put in when a pool that was there begins to work', () => {
    const pool = UPSTREAM.replace('}', '  keepalive 16;\n}');
    expect(result(`${pool}\n${LOCATION}`)).toContain('keepalive 16;\n  keepalive_timeout 4s;\n}');
  });
});

describe('an upstream whose balancing is done elsewhere', () => {
  it.each([
    'balancer_by_lua_block {\n    set("127.0.0.1", "}")\n  }',
    'balancer_by_lua_file /etc/nginx/balance.lua;',
    'some_module_balancing on;',
  ])('gets its pool below %s', (method) => {
    const made = result(`upstream app {\n  server 0.0.0.1:8080;\n  ${method}\n}\n${LOCATION}`);
    expect(made).toContain(`  ${method}\n  keepalive 32;\n  keepalive_timeout 4s;\n}`);
  });
});

describe('nothing to do', () => {
  const pooled = UPSTREAM.replace('}', '  keepalive 32;\n  keepalive_timeout 4s;\n}');

  it('says when the backends themselves end connections', () => {
    expect(plan(`${pooled}\n${POOLED_LOCATION}`)).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('37,222 TIME_WAIT of these backends were closed by them'),
    });
  });

  it('says when keepalive_requests of the block is what ends them', () => {
    const few = pooled.replace('keepalive 32;', 'keepalive 32;\n  keepalive_requests 20;');
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '127.0.0.1:8080', 12_000)]);
    expect(plan(`${few}\n${POOLED_LOCATION}`, { sockets })).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('keepalive_requests 20 of upstream "app" ends its connections'),
    });
  });
});

describe('nginx’s version', () => {
  it('before 1.15.3 gets no keepalive_timeout, and the plan says what that means', () => {
    const made = planned(plan(`${UPSTREAM}\n${LOCATION}`, version('1.14.2')));
    expect(shownText(made.actions)).not.toContain('keepalive_timeout');
    expect(made.risks[0]).toContain('nginx 1.14.2 has no keepalive_timeout for upstreams');
  });

  it('before 1.1.4 is refused', () => {
    expect(plan(`${UPSTREAM}\n${LOCATION}`, version('1.0.15'))).toMatchObject({ kind: 'refused' });
  });

  it('from 1.29.7 on pools an upstream block by itself', () => {
    expect(plan(`${UPSTREAM}\n${LOCATION}`, version('1.29.7'))).toMatchObject({ kind: 'nothing' });
  });

  it.each([
    ['keepalive 0;', LOCATION, 'keepalive 32;'],
    ['', LOCATION.replace('proxy_pass', 'proxy_http_version 1.0;\n    proxy_pass'), 'proxy_http_version 1.1;'],
    ['', LOCATION.replace('proxy_pass', 'proxy_set_header Connection close;\n    proxy_pass'), 'Connection "";'],
  ])('from 1.29.7 on only what is defeated explicitly is changed (%s)', (line, location, expected) => {
    const made = result(`${UPSTREAM.replace('}', `  ${line}\n}`)}\n${location}`, version('1.29.7'));
    expect(made).toContain(expected);
  });

  it('from 1.29.7 on still gives a literal address a block, without HTTP/1.1 lines', () => {
    const made = result('server {\n  location / {\n    proxy_pass http://127.0.0.1:8080;\n  }\n}', version('1.30.0'));
    expect(made).toContain('upstream backend-8080 {');
    expect(made).not.toContain('proxy_http_version');
  });
});

describe('headers that are inherited', () => {
  it('get the empty Connection where the others stand, not where it would take them away', () => {
    const server = 'server {\n  proxy_set_header Host $host;\n  location / {\n    proxy_pass http://app;\n  }\n}';
    expect(result(`${UPSTREAM}\n${server}`)).toContain(
      '  proxy_set_header Host $host;\n  proxy_http_version 1.1;\n  proxy_set_header Connection "";\n  location / {\n    proxy_pass http://app;\n  }',
    );
  });

  it('keep HTTP/1.1 to the pooled locations when others inherit the same headers', () => {
    const server =
      'server {\n  proxy_set_header Host $host;\n  location / {\n    proxy_pass http://app;\n  }\n  location /v {\n    proxy_pass http://$arg_v;\n  }\n}';
    expect(result(`${UPSTREAM}\n${server}`)).toContain('    proxy_pass http://app;\n    proxy_http_version 1.1;\n  }');
  });

  it('are repeated in a location that gets a Host line of its own', () => {
    const made = result(
      'proxy_set_header X-Real-IP $remote_addr;\nserver {\n  location / {\n    proxy_pass http://127.0.0.1:8080;\n  }\n}',
    );
    expect(made).toContain(
      '    proxy_set_header X-Real-IP $remote_addr;\n    proxy_set_header Connection "";\n    proxy_set_header Host 127.0.0.1:8080;\n',
    );
  });

  it('are not repeated when one of them holds a secret that was hidden', () => {
    const text =
      'proxy_set_header X-Api-Key hunter2hunter2;\nserver {\n  location / {\n    proxy_pass http://127.0.0.1:8080;\n  }\n}';
    const facts = editingFacts({ [MAIN]: http(text) });
    const redacted = JSON.parse(JSON.stringify(facts), (_key, value) =>
      typeof value === 'string' ? createRedact([])(value) : value,
    );
    const made = planPooling({ host: asHostName('web-1'), facts: redacted, changeId: '41-1' });
    expect(made).toMatchObject({ kind: 'advice' });
    expect(JSON.stringify(made)).not.toContain('hunter2');
  });
});

describe('places without a pool', () => {
  it('are named when they get the same headers and speak HTTP/1.1', () => {
    const server =
      'server {\n  proxy_http_version 1.1;\n  proxy_set_header Connection close;\n  location / {\n    proxy_pass http://app;\n  }\n  location /v {\n    proxy_pass http://$arg_v;\n  }\n}';
    expect(planned(plan(`${UPSTREAM}\n${server}`)).risks).toContainEqual(
      expect.stringContaining('location /v has no pool and gets the same headers'),
    );
  });

  it('are named when they share a map of the Connection header', () => {
    const map = "map $http_upgrade $c { default upgrade; '' close; }";
    const header = 'proxy_http_version 1.1; proxy_set_header Connection $c;';
    const server = `server { location / { ${header} proxy_pass http://app; } location /v { ${header} proxy_pass http://$arg_v; } }`;
    expect(planned(plan(`${map}\n${UPSTREAM}\n${server}`)).risks).toContainEqual(
      expect.stringContaining('location /v has no pool and gets the same headers'),
    );
  });
});

describe('a literal address', () => {
  const literal = (target: string, lines = '') =>
    result(`server {\n  location /a/ {\n${lines}    proxy_pass ${target};\n  }\n}`);

  it('becomes a block, and the backend sees the Host and clients the redirects of before', () => {
    expect(literal('http://127.0.0.1:8080/b/')).toBe(
      [
        'upstream backend-8080 {',
        '  server 127.0.0.1:8080;',
        '  keepalive 32;',
        '  keepalive_timeout 4s;',
        '}',
        '',
        'server {',
        '  location /a/ {',
        '    proxy_pass http://backend-8080/b/;',
        '    proxy_http_version 1.1;',
        '    proxy_set_header Connection "";',
        '    proxy_set_header Host 127.0.0.1:8080;',
        '    proxy_redirect http://127.0.0.1:8080/b/ /a/;',
        '  }',
        '}',
      ].join('\n'),
    );
  });

  it('on the scheme’s own port is sent without it, as before', () => {
    expect(literal('http://10.0.0.5:80')).toContain('proxy_set_header Host 10.0.0.5;');
  });

  it('keeps a Host that is set already', () => {
    expect(literal('http://127.0.0.1:8080', '    proxy_set_header Host $host;\n')).not.toContain('Host 127.0.0.1');
  });

  it('with TLS keeps the name that certificates are checked against', () => {
    const made = literal('https://app.internal');
    expect(made).toContain('server app.internal:443;');
    expect(made).toContain('proxy_ssl_name app.internal;');
  });

  it('gets a name without underscores that nobody else has', () => {
    const taken = 'upstream backend-app-internal-8080 {\n  server 127.0.0.1:1;\n}\n';
    const made = result(`${taken}server {\n  location / {\n    proxy_pass http://app_internal:8080;\n  }\n}`);
    expect(made).toContain('upstream backend-app-internal-8080-2 {');
  });
});

describe('what must not be planned', () => {
  const refusal = (changes: Facts) => plan(`${UPSTREAM}\n${LOCATION}`, changes);
  const [master] = runningNginx().masters;
  if (!master) throw new Error('the helper made no master');

  it.each<[string, Facts]>([
    ['no nginx runs', { 'nginx-process': { masters: [] } }],
    ['several masters run', { 'nginx-process': { masters: [master, { ...master, pid: 200 }] } }],
    ['the binary was replaced', { 'nginx-process': { masters: [{ ...master, binaryReplaced: true }] } }],
    ['the binary is not known', { 'nginx-process': { masters: [{ ...master, binary: null }] } }],
    ['the version is not known', { 'nginx-process': { masters: [{ ...master, version: null }] } }],
    [
      'the master has configuration on its command line',
      { 'nginx-process': { masters: [{ ...master, globalDirectives: 'worker_processes 4;' }] } },
    ],
    [
      'the files are newer than the workers',
      { 'nginx-loaded': { oldestWorkerStartedAt: 1000, newestConfig: { path: MAIN, modifiedAt: 1003 } } },
    ],
    [
      'nginx is in a container',
      { 'network-namespace': { own: 'net:[1]', nginxMasters: [{ pid: 100, namespace: 'net:[2]' }] } },
    ],
  ])('is refused when %s', (_when, changes) => {
    expect(refusal(changes)).toMatchObject({ kind: 'refused' });
  });

  it('does not stumble over Debian’s and containers’ own command lines', () => {
    for (const globalDirectives of ['daemon on; master_process on;', 'daemon off;']) {
      expect(refusal({ 'nginx-process': { masters: [{ ...master, globalDirectives }] } }).kind).toBe('change');
    }
  });

  it('is refused without the facts it needs', () => {
    expect(planPooling({ host: asHostName('web-1'), facts: {}, changeId: '41-1' })).toMatchObject({ kind: 'refused' });
  });

  it('is given as text when a program writes the file', () => {
    const text = `# Ansible managed\nevents {}\nhttp {\n${UPSTREAM}\n${LOCATION}\n}\n`;
    const made = planPooling({
      host: asHostName('web-1'),
      facts: editingFacts({ [MAIN]: text }),
      changeId: '41-1',
    });
    if (made.kind !== 'advice') throw new Error(made.kind);
    expect(made.reason).toBe(`${MAIN} is managed by Ansible, which would overwrite an edit.`);
    expect(made.text).toContain('       +   keepalive 32;');
  });

  it('is given as text when bytes of the file were lost on the way', () => {
    const facts = editingFacts({ [MAIN]: http(`${UPSTREAM}\n# caf\u00c3\u00a9 \u00ef\u00bf\u00bd\n${LOCATION}`) });
    expect(planPooling({ host: asHostName('web-1'), facts, changeId: '41-1' })).toMatchObject({
      kind: 'advice',
      reason: `${MAIN} holds bytes that are not UTF-8, so places in it are not known exactly.`,
    });
  });

  it('is given as text when the file is a ConfigMap', () => {
    const links = { [MAIN]: '/etc/nginx/..2026_11_23_02_00_00.123456/nginx.conf' };
    const facts = editingFacts({ [MAIN]: http(`${UPSTREAM}\n${LOCATION}`) }, {}, links);
    expect(planPooling({ host: asHostName('web-1'), facts, changeId: '41-1' })).toMatchObject({
      kind: 'advice',
      reason: expect.stringContaining('managed by Kubernetes'),
    });
  });

  it('takes a typed confirmation where authentication may belong to connections', () => {
    const location = LOCATION.replace('proxy_pass', 'proxy_pass_header WWW-Authenticate;\n    proxy_pass');
    expect(planned(plan(`${UPSTREAM}\n${location}`)).confirm).toEqual([expect.stringContaining('Kerberos')]);
  });

  it('never touches an upstream with ntlm', () => {
    const bound = UPSTREAM.replace('}', '  ntlm;\n}');
    expect(plan(`${bound}\n${LOCATION}`)).toMatchObject({ kind: 'advice', text: expect.stringContaining('ntlm') });
  });
});
