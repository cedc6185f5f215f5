import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SYSCTL_FILES_SCRIPT, sysctlFilesProbe } from '../../../src/probes/sysctl-files/index.ts';
import type { SysctlFilesFact } from '../../../src/probes/sysctl-files/fact.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-root-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function ask(): SysctlFilesFact {
  const ran = spawnSync('sh', ['-c', SYSCTL_FILES_SCRIPT, 'sh', root], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const parsed = sysctlFilesProbe.parse({
    stdout: ran.stdout,
    stderr: ran.stderr,
    exitCode: ran.status ?? -1,
    droppedBytes: 0,
  });
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

const KEY = 'net.ipv4.ip_local_reserved_ports';

describe('files that set kernel settings', () => {
  it('are ordered by name over all directories, with sysctl.conf last', () => {
    put('/etc/sysctl.conf', `${KEY} = 1\n`);
    put('/etc/sysctl.d/90-b.conf', `\n${KEY}=2\n`);
    put('/usr/lib/sysctl.d/95-c.conf', `${KEY} = 3\n`);
    put('/run/sysctl.d/10-a.conf', `${KEY} = 4\n`);
    expect(ask().entries).toEqual([
      { file: '/run/sysctl.d/10-a.conf', line: 1, key: KEY, value: '4' },
      { file: '/etc/sysctl.d/90-b.conf', line: 2, key: KEY, value: '2' },
      { file: '/usr/lib/sysctl.d/95-c.conf', line: 1, key: KEY, value: '3' },
      { file: '/etc/sysctl.conf', line: 1, key: KEY, value: '1' },
    ]);
  });

  it('are masked by a file of the same name, also by a link to /dev/null', () => {
    put('/usr/lib/sysctl.d/50-vendor.conf', `${KEY} = 1\n`);
    put('/etc/sysctl.d/50-vendor.conf', '# nothing\n');
    put('/usr/lib/sysctl.d/60-other.conf', `${KEY} = 2\n`);
    symlinkSync('/dev/null', join(root, 'etc/sysctl.d/60-other.conf'));
    expect(ask().entries).toEqual([]);
  });

  it('count sysctl.conf once when a drop-in is a link to it', () => {
    put('/etc/sysctl.conf', `${KEY} = 1\n`);
    mkdirSync(join(root, 'etc/sysctl.d'));
    symlinkSync('../sysctl.conf', join(root, 'etc/sysctl.d/99-sysctl.conf'));
    expect(ask().entries.map(({ file }) => file)).toEqual(['/etc/sysctl.conf']);
  });

  it('may use slashes and a leading minus, and comments set nothing', () => {
    put(
      '/etc/sysctl.d/a.conf',
      '  -net/ipv4/tcp_tw_reuse=1\n# net.ipv4.tcp_tw_reuse = 2\n;net.ipv4.tcp_timestamps = 0\n-net.ipv4.tcp_timestamps\nnet.core.somaxconn = 1\n',
    );
    expect(ask().entries).toEqual([
      { file: '/etc/sysctl.d/a.conf', line: 1, key: 'net.ipv4.tcp_tw_reuse', value: '1' },
    ]);
  });

  it.each(['', `${KEY} = 8080`, `# é\n${KEY} = 8080\n\n`, 'own none\nend\n', '\nend\nown 3\n'])(
    'hand over the own drop-in unchanged: %j',
    (text) => {
      put('/etc/sysctl.d/60-countersign-net.conf', text);
      expect(ask().ownDropIn).toBe(text);
    },
  );

  it('may be missing altogether', () => {
    expect(ask()).toEqual({ entries: [], ownDropIn: null, unreadableFiles: [], rewriters: [] });
  });
});
