import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../src/probes/registry.ts';
import type { SysctlFact } from '../../src/probes/sysctl/fact.ts';
import { datedTuningRule } from '../../src/rules/dated-tuning.ts';
import { sysctlFact, sysctlFilesFact } from '../helpers/network-facts.ts';
import { conclusionsOf, findingIn } from '../helpers/rules.ts';

const FILE = '/etc/sysctl.d/99-tuning.conf';

function files(settings: readonly (readonly [string, string])[], sysctl: Partial<SysctlFact> = {}, file = FILE): Facts {
  const entries = settings.map(([name, value], index) => ({ file, line: index + 1, key: `net.ipv4.${name}`, value }));
  return { 'sysctl-files': sysctlFilesFact({ entries }), sysctl: sysctlFact(sysctl) };
}

describe('dated settings', () => {
  it('of the article that everybody copied are told line by line, harmful ones first', () => {
    const seed = files([
      ['tcp_syncookies', '1'],
      ['tcp_tw_reuse', '1'],
      ['tcp_tw_recycle', '1'],
      ['tcp_fin_timeout', ''],
      ['tcp_max_tw_buckets', '5000'],
      ['tcp_timestamps', '0'],
    ]);
    const finding = findingIn(seed, datedTuningRule);
    expect(finding).toMatchObject({
      severity: 'warning',
      confidence: 'high',
      title: 'Dated settings about TIME_WAIT do harm',
    });
    expect(finding?.explanation).toEqual([
      `${FILE}:5: tcp_max_tw_buckets = 5000 skips TIME_WAIT above that number instead of making fewer, and the kernel says not to lower it; remove it.`,
      `${FILE}:6: tcp_timestamps = 0 takes away the protection against old segments (PAWS) and makes tcp_tw_reuse void; remove it.`,
      `${FILE}:3: tcp_tw_recycle = 1 names a setting that this kernel no longer has (gone since 4.12); remove it.`,
      '1 more line of this kind is in the evidence.',
    ]);
    expect(finding?.evidence.map(({ source }) => source)).toEqual([
      ...[5, 6, 3, 4].map((line) => `${FILE}:${line}`),
      ...['tcp_tw_recycle', 'tcp_fin_timeout', 'tcp_max_tw_buckets', 'tcp_timestamps'].map(
        (name) => `/proc/sys/net/ipv4/${name}`,
      ),
    ]);
    expect(finding?.evidence[3]?.value).toBe(
      'tcp_fin_timeout = (nothing) sets nothing and makes sysctl print an error; remove it',
    );
  });

  it('that do nothing for TIME_WAIT are information only', () => {
    const finding = findingIn(files([['tcp_fin_timeout', '30']]), datedTuningRule);
    expect(finding?.severity).toBe('info');
    expect(finding?.explanation[0]).toContain(
      'tcp_fin_timeout = 30 is about orphaned FIN_WAIT_2 and never about TIME_WAIT',
    );
    expect(finding?.evidence.at(-1)).toEqual({
      label: 'tcp_fin_timeout in force',
      value: 60,
      source: '/proc/sys/net/ipv4/tcp_fin_timeout',
    });
  });

  it('count tcp_tw_recycle as harmful where the kernel still has it, by the key and not the version', () => {
    expect(findingIn(files([['tcp_tw_recycle', '1']], { tcpTwRecycle: 0 }), datedTuningRule)?.severity).toBe('warning');
    expect(findingIn(files([['tcp_tw_recycle', '0']], { tcpTwRecycle: 0 }), datedTuningRule)).toBeUndefined();
    expect(findingIn(files([['tcp_tw_recycle', '0']]), datedTuningRule)?.severity).toBe('info');
  });

  it('say when a file could not be read', () => {
    const facts = files([['tcp_fin_timeout', '30']]);
    const unreadable = {
      ...facts,
      'sysctl-files': { ...sysctlFilesFact(facts['sysctl-files']), unreadableFiles: ['/etc/sysctl.d/secret.conf'] },
    };
    expect(findingIn(unreadable, datedTuningRule)?.notConcluded.at(-1)).toContain('1 file could not be read');
  });

  it('are none where values are sound, other keys are set, or this product wrote them', () => {
    const sound = files([
      ['tcp_max_tw_buckets', '262144'],
      ['tcp_timestamps', '1'],
      ['tcp_tw_reuse', '1'],
      ['ip_local_port_range', '10240 65535'],
    ]);
    expect(findingIn(sound, datedTuningRule)).toBeUndefined();
    const own = files([['tcp_max_tw_buckets', '5000']], {}, '/etc/sysctl.d/60-countersign-net.conf');
    expect(findingIn(own, datedTuningRule)).toBeUndefined();
    expect(conclusionsOf({ sysctl: sysctlFact() }, datedTuningRule).notConcluded[0]?.because).toContain(
      'needs sysctl-files',
    );
  });

  it('never show control characters or take a hostile value for a number', () => {
    const key = fc.constantFrom('tcp_tw_recycle', 'tcp_fin_timeout', 'tcp_max_tw_buckets', 'tcp_timestamps');
    fc.assert(
      fc.property(key, fc.string({ unit: 'binary' }), (name, value) => {
        const finding = findingIn(files([[name, value]]), datedTuningRule);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
        expect(finding?.explanation.join(' ') ?? '').not.toMatch(/[\u0000-\u0008\u001b\u202e]/);
        if (!/^\d+$/.test(value)) expect(finding?.severity ?? 'info').toBe('info');
      }),
    );
  });
});
