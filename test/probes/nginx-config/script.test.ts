import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { nginxConfigProbe } from '../../../src/probes/nginx-config/index.ts';
import { createNetworkNamespace } from '../../helpers/network-namespace.ts';
import { startNginx } from '../../helpers/nginx.ts';

const CONF = `user root; pid @/nginx.pid; error_log @/error.log;
events {}
http { access_log off; include sites-enabled/*; include "with blank/a b.conf"; }
`;

describe('the nginx-config probe on a real nginx', () => {
  it('tells the bytes and the real place of every file, through links and blanks in names', async () => {
    const host = createNetworkNamespace();
    onTestFinished(() => host[Symbol.asyncDispose]());
    const nginx = await startNginx(host, {
      'nginx.conf': CONF,
      'sites-available/app':
        '# \u00fcber\r\nserver { listen 127.0.0.1:8188; location / { proxy_pass http://127.0.0.1:9; } }',
      'with blank/a b.conf': '# configuration file /nowhere/else.conf:\n',
    });
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    mkdirSync(join(nginx.folder, 'sites-enabled'));
    symlinkSync('../sites-available/app', join(nginx.folder, 'sites-enabled/app'));
    writeFileSync(join(nginx.folder, 'sites-enabled/no-newline'), '# end');
    const { argv } = nginxConfigProbe.command({ sudo: false, intervalSeconds: 1 });
    const parsed = nginxConfigProbe.parse({ ...host.run(argv), droppedBytes: 0 });
    if (!parsed.ok) throw new Error(parsed.reason);
    const outline = parsed.fact.outline ?? [];
    expect(outline.map(({ path, target }) => [path, target])).toEqual([
      [join(nginx.folder, 'nginx.conf'), join(nginx.folder, 'nginx.conf')],
      [join(nginx.folder, 'sites-enabled/app'), join(nginx.folder, 'sites-available/app')],
      [join(nginx.folder, 'sites-enabled/no-newline'), join(nginx.folder, 'sites-enabled/no-newline')],
      [join(nginx.folder, 'with blank/a b.conf'), join(nginx.folder, 'with blank/a b.conf')],
    ]);
    for (const { target, sha256: digest } of outline) expect(digest).toBe(sha256(readFileSync(target ?? '')));
  });

  it('brings every byte of files that are not UTF-8, beside others that are', async () => {
    const host = createNetworkNamespace();
    onTestFinished(() => host[Symbol.asyncDispose]());
    const nginx = await startNginx(host, {
      'nginx.conf': CONF.replace('include "with blank/a b.conf";', '# gr\u00f6\u00dfer\n'),
      'sites-enabled/app': '',
    });
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const file = join(nginx.folder, 'sites-enabled/app');
    writeFileSync(file, 'server { listen 127.0.0.1:8188; # caf\u00e9 \u0093\u00fa\n}', 'latin1');
    const { argv } = nginxConfigProbe.command({ sudo: false, intervalSeconds: 1 });
    const parsed = nginxConfigProbe.parse({ ...host.run(argv), droppedBytes: 0 });
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.fact.outline).toMatchObject([{ notUtf8: false }, { notUtf8: false, target: file }]);
    for (const { path, sha256: digest } of parsed.fact.files) expect(digest).toBe(sha256(readFileSync(path)));
  });

  it('says that bytes were lost where there is no iconv', async () => {
    const host = createNetworkNamespace();
    onTestFinished(() => host[Symbol.asyncDispose]());
    const nginx = await startNginx(host, { 'nginx.conf': CONF.replace('include "with blank/a b.conf";', '') });
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    mkdirSync(join(nginx.folder, 'sites-enabled'));
    writeFileSync(
      join(nginx.folder, 'sites-enabled/app'),
      '# caf\u00e9\nserver { listen 127.0.0.1:8188; }\n',
      'latin1',
    );
    const argv = nginxConfigProbe
      .command({ sudo: false, intervalSeconds: 1 })
      .argv.map((word) => word.replace('command -v iconv', 'command -v countersign-no-such-iconv'));
    const parsed = nginxConfigProbe.parse({ ...host.run(argv), droppedBytes: 0 });
    expect(parsed).toMatchObject({ ok: true, fact: { outline: [{ notUtf8: false }, { notUtf8: true }] } });
  });
});
