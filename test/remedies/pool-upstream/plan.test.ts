import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import { planPooling } from '../../../src/remedies/pool-upstream/plan.ts';
import { connectedGroup, socketsFact } from '../../helpers/network-facts.ts';
import { editingFacts, planned, shownText } from '../../helpers/nginx-edit.ts';
import { runningNginx } from '../../helpers/nginx-facts.ts';
import {
  httpFile,
  LOCATION,
  MAIN,
  nginxVersion,
  POOLED_LOCATION,
  poolPlan,
  poolResult,
  UPSTREAM,
} from '../../helpers/pooling.ts';

describe('a plan to pool an upstream', () => {
  it('shows the exact lines with their numbers, and loads them with the running binary', () => {
    const { actions } = planned(poolPlan(`${UPSTREAM}\n${LOCATION}`));
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
    const { predicted, targets } = planned(poolPlan(`${UPSTREAM}\n${LOCATION}`));
    expect(predicted[0]).toContain('4,035 → about 5 new upstream connections/s within 15 s');
    expect(predicted[1]).toContain('37,257 → under 800 TIME_WAIT');
    expect(targets).toEqual({ opensPerSecond: 807, timeWaitSockets: 800 });
  });

  it('predicts from the keepalive_requests of the block when it has one', () => {
    const text = UPSTREAM.replace('}', '  keepalive_requests 100;\n}');
    expect(planned(poolPlan(`${text}\n${LOCATION}`)).predicted[0]).toContain('about 41 new upstream connections/s');
  });

  it('makes no numbers up when nothing was measured', () => {
    const facts = editingFacts({ [MAIN]: httpFile(`${UPSTREAM}\n${LOCATION}`) });
    const { 'tcp-counters': _, ...without } = facts;
    const made = planned(planPooling({ host: asHostName('web-1'), facts: without, changeId: '41-1' }));
    expect(made.predicted).toEqual([expect.stringContaining('was not measured')]);
    expect(made.targets).toBeUndefined();
  });

  it('has a basis without counts, so that reading again gives the same plan', () => {
    const first = planned(poolPlan(`${UPSTREAM}\n${LOCATION}`));
    const sockets = socketsFact([connectedGroup('ESTAB', '127.0.0.1:8080', 25)]);
    expect(planned(poolPlan(`${UPSTREAM}\n${LOCATION}`, { sockets })).basis).toEqual(first.basis);
  });

  it('is the same after another file changed in a way that does not matter, and another one after its own file did', () => {
    const include = 'include conf.d/*.conf;';
    const files = { [MAIN]: httpFile(`${UPSTREAM}\n${LOCATION}\n${include}`), '/etc/nginx/conf.d/a.conf': '# one\n' };
    const input = { host: asHostName('web-1'), changeId: '41-1' };
    const first = planned(planPooling({ ...input, facts: editingFacts(files) }));
    const beside = editingFacts({ ...files, '/etc/nginx/conf.d/a.conf': '# two\n' });
    expect(planned(planPooling({ ...input, facts: beside, approved: first }))).toEqual(first);
    const edited = editingFacts({ ...files, [MAIN]: `# mine\n${files[MAIN]}` });
    expect(planned(planPooling({ ...input, facts: edited, approved: first })).actions).not.toEqual(first.actions);
  });

  it('has nothing to do when everything is pooled', () => {
    const pooled = UPSTREAM.replace('}', '  keepalive 32;\n}');
    expect(poolPlan(`${pooled}\n${POOLED_LOCATION}`, { sockets: socketsFact([]) })).toEqual({
      kind: 'nothing',
      reason: '1 upstream keeps its connections already; nothing to pool.',
    });
  });

  it('leaves an upstream alone to which nothing is passed', () => {
    expect(poolResult(`upstream spare {\n  server 127.0.0.1:9;\n}\n${UPSTREAM}\n${LOCATION}`)).toContain(
      'upstream spare {\n  server 127.0.0.1:9;\n}',
    );
  });
});

describe('nothing to do', () => {
  const pooled = UPSTREAM.replace('}', '  keepalive 32;\n  keepalive_timeout 4s;\n}');

  it('says when the backends themselves end connections', () => {
    expect(poolPlan(`${pooled}\n${POOLED_LOCATION}`)).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('37,222 TIME_WAIT of these backends were closed by them'),
    });
  });
});

describe('nginx’s version', () => {
  it('before 1.15.3 gets no keepalive_timeout, and the plan says what that means', () => {
    const made = planned(poolPlan(`${UPSTREAM}\n${LOCATION}`, nginxVersion('1.14.2')));
    expect(shownText(made.actions)).not.toContain('keepalive_timeout');
    expect(made.risks[0]).toContain('nginx 1.14.2 has no keepalive_timeout for upstreams');
  });

  it('before 1.1.4 is refused', () => {
    expect(poolPlan(`${UPSTREAM}\n${LOCATION}`, nginxVersion('1.0.15'))).toMatchObject({ kind: 'refused' });
  });

  it('from 1.29.7 on pools an upstream block by itself', () => {
    expect(poolPlan(`${UPSTREAM}\n${LOCATION}`, nginxVersion('1.29.7'))).toMatchObject({ kind: 'nothing' });
  });

  it.each([
    ['keepalive 0;', LOCATION, 'keepalive 32;'],
    ['', LOCATION.replace('proxy_pass', 'proxy_http_version 1.0;\n    proxy_pass'), 'proxy_http_version 1.1;'],
    ['', LOCATION.replace('proxy_pass', 'proxy_set_header Connection close;\n    proxy_pass'), 'Connection "";'],
  ])('from 1.29.7 on only what is defeated explicitly is changed (%s)', (line, location, expected) => {
    const made = poolResult(`${UPSTREAM.replace('}', `  ${line}\n}`)}\n${location}`, nginxVersion('1.29.7'));
    expect(made).toContain(expected);
  });

  it('from 1.29.7 on still gives a literal address a block, without HTTP/1.1 lines', () => {
    const made = poolResult(
      'server {\n  location / {\n    proxy_pass http://127.0.0.1:8080;\n  }\n}',
      nginxVersion('1.30.0'),
    );
    expect(made).toContain('upstream backend-8080 {');
    expect(made).not.toContain('proxy_http_version');
  });
});

describe('what must not be planned', () => {
  const refusal = (changes: Facts) => poolPlan(`${UPSTREAM}\n${LOCATION}`, changes);
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
    const facts = editingFacts({ [MAIN]: httpFile(`${UPSTREAM}\n# caf\u00c3\u00a9 \u00ef\u00bf\u00bd\n${LOCATION}`) });
    expect(planPooling({ host: asHostName('web-1'), facts, changeId: '41-1' })).toMatchObject({
      kind: 'advice',
      reason: `${MAIN} holds bytes that are not UTF-8, so places in it are not known exactly.`,
    });
  });

  it('is given as text when the file is a ConfigMap', () => {
    const links = { [MAIN]: '/etc/nginx/..2026_11_23_02_00_00.123456/nginx.conf' };
    const facts = editingFacts({ [MAIN]: httpFile(`${UPSTREAM}\n${LOCATION}`) }, {}, links);
    expect(planPooling({ host: asHostName('web-1'), facts, changeId: '41-1' })).toMatchObject({
      kind: 'advice',
      reason: expect.stringContaining('managed by Kubernetes'),
    });
  });

  it('takes a typed confirmation where authentication may belong to connections', () => {
    const location = LOCATION.replace('proxy_pass', 'proxy_pass_header WWW-Authenticate;\n    proxy_pass');
    expect(planned(poolPlan(`${UPSTREAM}\n${location}`)).confirm).toEqual([expect.stringContaining('Kerberos')]);
  });

  it('never touches an upstream with ntlm', () => {
    const bound = UPSTREAM.replace('}', '  ntlm;\n}');
    expect(poolPlan(`${bound}\n${LOCATION}`)).toMatchObject({ kind: 'advice', text: expect.stringContaining('ntlm') });
  });
});
