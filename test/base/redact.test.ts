import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedact } from '../../src/base/redact.ts';

const redact = createRedact([]);

describe('redact', () => {
  it.each([
    [
      'a private key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2hunter2\n-----END OPENSSH PRIVATE KEY-----\nafter',
      '[redacted]\nafter',
    ],
    ['a private key without an end', 'x\n-----BEGIN RSA PRIVATE KEY-----\nhunter2', 'x\n[redacted]'],
    ['a Slack bot token', 'token xoxb-hunter2-123456 end', 'token [redacted] end'],
    ['a Slack app token', 'xapp-1-A0-hunter2', '[redacted]'],
    ['an AWS access key', 'id AKIAHUNTER2HUNTER2AA', 'id [redacted]'],
    ['a GitHub token', 'ghp_hunter2hunter2hunter2', '[redacted]'],
    ['a fine-grained GitHub token', 'github_pat_hunter2hunter2_hunter2', '[redacted]'],
    ['a JSON web token', 'jwt eyJhunter2hunter2.eyJhunter2hunter2.hunter2', 'jwt [redacted]'],
    ['a password in a URL', 'postgres://app:hunter2@db:5432/x', 'postgres://app:[redacted]@db:5432/x'],
    ['a password in a URL without a user', 'redis://:hunter2@cache', 'redis://:[redacted]@cache'],
    ['a header', 'Authorization: Bearer hunter2', 'Authorization: Bearer [redacted]'],
    [
      'a header in nginx',
      'proxy_set_header Authorization "Basic hunter2==";',
      'proxy_set_header Authorization "Basic [redacted]";',
    ],
    ['an assignment', 'DB_PASSWORD=hunter2', 'DB_PASSWORD=[redacted]'],
    ['a quoted assignment', 'password = "two hunter2 words"', 'password = [redacted]'],
    ['JSON', '{"client_secret": "hunt\\"hunter2", "a": 1}', '{"client_secret": [redacted], "a": 1}'],
    ['YAML', 'secret_key_base: hunter2', 'secret_key_base: [redacted]'],
    ['an AWS secret', 'aws_secret_access_key = hunter2', 'aws_secret_access_key = [redacted]'],
    ['an unended quote', 'api_key="hunter2\n', 'api_key=[redacted]\n'],
    ['an option of a command line', 'app --db-password hunter2 --port 80', 'app --db-password [redacted] --port 80'],
    ['a key in nginx', 'proxy_set_header X-Api-Key hunter2;', 'proxy_set_header X-Api-Key [redacted];'],
    ['a bare header', 'proxy_set_header Authorization hunter2;', 'proxy_set_header Authorization [redacted];'],
    [
      'another scheme',
      'proxy_set_header Authorization "ApiKey hunter2";',
      'proxy_set_header Authorization [redacted];',
    ],
    [
      'an escaped blank',
      'proxy_set_header Authorization Bearer\\ hunter2;',
      'proxy_set_header Authorization [redacted];',
    ],
    ['a header of a vault', 'proxy_set_header X-Vault-Token hunter2;', 'proxy_set_header X-Vault-Token [redacted];'],
    [
      'a header with a key',
      'proxy_set_header X-Functions-Key "hunter2";',
      'proxy_set_header X-Functions-Key [redacted];',
    ],
    ['a cookie', 'proxy_set_header Cookie "sid=hunter2";', 'proxy_set_header Cookie [redacted];'],
    ['a parameter', 'fastcgi_param DB_PASS hunter2;', 'fastcgi_param DB_PASS [redacted];'],
    ['a token set in nginx', 'set $token hunter2;', 'set $token [redacted];'],
    ['credentials in any variable', 'set $up "Bearer hunter2";', 'set $up "Bearer [redacted]";'],
    [
      'a comparison',
      'if ($http_x_token != "hunter2") { return 403; }',
      'if ($http_x_token != [redacted]) { return 403; }',
    ],
    [
      'a table of keys',
      'map $http_x_api_key $known {\n  default 0;\n  "hunter2" 1;\n}',
      'map $http_x_api_key $known { [redacted] }',
    ],
    ['a link secret', 'secure_link_md5 "$uri hunter2";', 'secure_link_md5 [redacted];'],
    ['a query', 'proxy_pass http://app/?token=hunter2&x=1;', 'proxy_pass http://app/?token=[redacted]&x=1;'],
    ['a variable set in nginx', "set $api_key 'hunter2';", 'set $api_key [redacted];'],
    ['a hash that begins like a variable', 'password=$6$hunter2$hunter2', 'password=[redacted]'],
  ])('hides %s and nothing beside it', (_what, text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact(text)).not.toContain('hunter2');
  });

  it.each([
    'proxy_set_header Authorization $http_authorization;',
    'proxy_set_header Authorization "Bearer $token";',
    'proxy_set_header X-Api-Key $http_x_api_key;',
    'set $api_key $arg_api_key;',
    'secret_key_base',
    'ssl_password_file /etc/nginx/ssl.pass;',
    'ssl_certificate_key /etc/nginx/tls/site.key;',
    'auth_basic_user_file /etc/nginx/.htpasswd;',
    'auth_basic "Password required";',
    'cat: /etc/passwd: Permission denied',
    'PasswordAuthentication no',
    'Accepted password for deploy from 10.0.0.9 port 50000 ssh2',
    'sudo: a password is required',
    'configure arguments: --with-http_secure_link_module --with-http_auth_request_module',
    'upstream app { server 127.0.0.1:8080; keepalive 32; }',
    'http://127.0.0.1:8080/path?user=a@b',
    'LISTEN 0 511 127.0.0.1:8080 0.0.0.0:* users:(("nginx",pid=42,fd=6))',
    'limit_req_zone $http_x_api_key zone=one:10m rate=5r/s;',
    'log_format main "$remote_addr $http_authorization $upstream_addr";',
    'proxy_pass_header Authorization;',
    'proxy_set_header Authorization $http_authorization;',
    'proxy_set_header Sec-WebSocket-Key $http_sec_websocket_key;',
    'proxy_set_header Connection "keep-alive";',
    'proxy_set_header X-Monkey "banana";',
    'fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;',
    'set $backend "http://127.0.0.1:8080";',
    'map $http_upgrade $connection_upgrade { default upgrade; "" close; }',
    'if ($http_upgrade = websocket) { return 426; }',
    'proxy_cache_key $scheme$host$request_uri;',
    'keepalive_timeout 75s; keepalive_requests 1000;',
    'server_tokens off;',
    'TCP: inuse 5 orphan 0 tw 37257 alloc 9 mem 3',
  ])('leaves ordinary output alone: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('hides registered secrets wherever they stand, longest first, and never its own mark', () => {
    const known = createRedact(['swordfish', 'swordfish-and-more', 'abc', 'redacted']);
    expect(known('x swordfish-and-more y swordfish! abc [redacted]')).toBe('x [redacted] y [redacted]! abc [redacted]');
    expect(known('a.swordfish.b')).not.toContain('swordfish');
  });

  it('takes a secret as text, not as a pattern', () => {
    expect(createRedact(['a.c*$&'])('a.c*$& abcc')).toBe('[redacted] abcc');
  });

  const pieces = fc.constantFrom(
    ...[
      'password',
      'secret',
      'api_key',
      'authorization',
      'proxy_set_header Authorization ',
      'set $token ',
      'map $http_token $x {',
      '?token=',
      'bearer ',
      '=',
      ':',
      ' ',
      '"',
      "'",
      ';',
      '$',
      '\\',
      '--',
      '://',
      '@',
    ],
    ...[
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      'xoxb-',
      'eyJ',
      '.',
      'swordfish',
      'aaaaaaaaaaaa',
      '\n',
      '[redacted]',
    ],
  );
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );

  it('hides what one redaction uncovers right behind it', () => {
    expect(createRedact([])("password:'password'password")).toBe('password:[redacted]');
  });

  it('never throws, and hides no more the second time', () => {
    const known = createRedact(['swordfish']);
    fc.assert(
      fc.property(text, (sample) => {
        const once = known(sample);
        expect(once).not.toContain('swordfish');
        expect(known(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes a megabyte of near misses in one go', () => {
    const halves = [
      'a.a.a-',
      'password ',
      'password',
      '://a',
      '://',
      'authorization ',
      'eyJ-',
      '--',
      '-----BEGIN ',
      'secret="',
      "key='",
      'map $http_token $x { a',
      'set $auth ',
      'proxy_set_header auth "',
      '($http_auth ',
      '?authauthauth',
    ];
    for (const half of halves) expect(redact(half.repeat(1_000_000 / half.length))).toBeTypeOf('string');
    expect(redact(`password${' '.repeat(1_000_000)}`)).toBeTypeOf('string');
    expect(redact(`authorization${' '.repeat(1_000_000)}`)).toBeTypeOf('string');
    expect(redact(`password "${'\\a'.repeat(500_000)}`)).toBeTypeOf('string');
  });
});
