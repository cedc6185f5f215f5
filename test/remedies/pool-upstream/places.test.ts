import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import { createRedact } from '../../../src/base/redact.ts';
import { planPooling } from '../../../src/remedies/pool-upstream/plan.ts';
import { editingFacts, planned } from '../../helpers/nginx-edit.ts';
import { httpFile, MAIN, poolPlan, poolResult, UPSTREAM } from '../../helpers/pooling.ts';

describe('headers that are inherited', () => {
  it('get the empty Connection where the others stand, not where it would take them away', () => {
    const server = 'server {\n  proxy_set_header Host $host;\n  location / {\n    proxy_pass http://app;\n  }\n}';
    expect(poolResult(`${UPSTREAM}\n${server}`)).toContain(
      '  proxy_set_header Host $host;\n  proxy_http_version 1.1;\n  proxy_set_header Connection "";\n  location / {\n    proxy_pass http://app;\n  }',
    );
  });

  it('keep HTTP/1.1 to the pooled locations when others inherit the same headers', () => {
    const server =
      'server {\n  proxy_set_header Host $host;\n  location / {\n    proxy_pass http://app;\n  }\n  location /v {\n    proxy_pass http://$arg_v;\n  }\n}';
    expect(poolResult(`${UPSTREAM}\n${server}`)).toContain(
      '    proxy_pass http://app;\n    proxy_http_version 1.1;\n  }',
    );
  });

  it('are repeated in a location that gets a Host line of its own', () => {
    const made = poolResult(
      'proxy_set_header X-Real-IP $remote_addr;\nserver {\n  location / {\n    proxy_pass http://127.0.0.1:8080;\n  }\n}',
    );
    expect(made).toContain(
      '    proxy_set_header X-Real-IP $remote_addr;\n    proxy_set_header Connection "";\n    proxy_set_header Host 127.0.0.1:8080;\n',
    );
  });

  it('are not repeated when one of them holds a secret that was hidden', () => {
    const text =
      'proxy_set_header X-Api-Key hunter2hunter2;\nserver {\n  location / {\n    proxy_pass http://127.0.0.1:8080;\n  }\n}';
    const facts = editingFacts({ [MAIN]: httpFile(text) });
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
    expect(planned(poolPlan(`${UPSTREAM}\n${server}`)).risks).toContainEqual(
      expect.stringContaining('location /v has no pool and gets the same headers'),
    );
  });

  it('are named when they share a map of the Connection header', () => {
    const map = "map $http_upgrade $c { default upgrade; '' close; }";
    const header = 'proxy_http_version 1.1; proxy_set_header Connection $c;';
    const server = `server { location / { ${header} proxy_pass http://app; } location /v { ${header} proxy_pass http://$arg_v; } }`;
    expect(planned(poolPlan(`${map}\n${UPSTREAM}\n${server}`)).risks).toContainEqual(
      expect.stringContaining('location /v has no pool and gets the same headers'),
    );
  });
});

describe('a literal address', () => {
  const literal = (target: string, lines = '') =>
    poolResult(`server {\n  location /a/ {\n${lines}    proxy_pass ${target};\n  }\n}`);

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
    const made = poolResult(`${taken}server {\n  location / {\n    proxy_pass http://app_internal:8080;\n  }\n}`);
    expect(made).toContain('upstream backend-app-internal-8080-2 {');
  });
});
