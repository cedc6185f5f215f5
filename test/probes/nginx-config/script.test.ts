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
});
