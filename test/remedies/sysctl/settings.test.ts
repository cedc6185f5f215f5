import { describe, expect, it } from 'vitest';
import { DROP_IN_PATH } from '../../../src/remedies/sysctl/drop-in.ts';
import { planSettings, type WantedSetting } from '../../../src/remedies/sysctl/settings.ts';
import type { SysctlFilesFact } from '../../../src/probes/sysctl-files/fact.ts';
import { sysctlFact, sysctlFilesFact } from '../../helpers/network-facts.ts';

const REUSE: WantedSetting = {
  key: 'net.ipv4.tcp_tw_reuse',
  value: '1',
  purpose: 'reuse',
  suffices: (value) => value === '1',
};
const LIMIT: WantedSetting = {
  key: 'net.ipv4.tcp_max_tw_buckets',
  value: '262144',
  purpose: 'limit',
  suffices: (value) => Number(value) >= 262_144,
};

function entry(file: string, key: string, value: string, line = 1) {
  return { file, line, key, value };
}

function plan(wanted: readonly WantedSetting[], files: Partial<SysctlFilesFact> = {}, reuse = 2) {
  return planSettings(wanted, {
    sysctl: sysctlFact({ tcpTwReuse: reuse }),
    files: sysctlFilesFact(files),
    changeId: '41-1',
  });
}

describe('planning kernel settings', () => {
  it('writes each key at runtime in the wanted order, then one drop-in for all of them', () => {
    const { actions, persistent, risks } = plan([LIMIT, REUSE]);
    expect(actions).toMatchObject([
      { kind: 'sysctl', key: LIMIT.key, before: '131072', after: '262144' },
      { kind: 'sysctl', key: REUSE.key, before: '2', after: '1' },
      { kind: 'file', path: DROP_IN_PATH, before: null },
    ]);
    expect(persistent).toBe(true);
    expect(risks).toEqual([]);
  });

  it('touches only what does not suffice', () => {
    expect(plan([REUSE], {}, 1).actions.map(({ kind }) => kind)).toEqual(['file']);
    const entries = [entry('/etc/sysctl.d/20-net.conf', REUSE.key, '1')];
    expect(plan([REUSE], { entries }).actions.map(({ kind }) => kind)).toEqual(['sysctl']);
    expect(plan([REUSE], { entries }, 1).actions).toEqual([]);
  });

  it.each(['/etc/sysctl.conf', '/etc/sysctl.d/99-tuning.conf', '/usr/lib/sysctl.d/61-x.conf'])(
    'writes no drop-in at all when %s wins over one of the keys, and says what to put there',
    (file) => {
      const { actions, persistent, risks, byHand } = plan([LIMIT, REUSE], {
        entries: [entry(file, REUSE.key, '0', 7)],
      });
      expect(actions.map(({ kind }) => kind)).toEqual(['sysctl', 'sysctl']);
      expect(persistent).toBe(false);
      expect(risks).toEqual(byHand);
      expect(byHand[0]).toContain(`${file}:7 sets net.ipv4.tcp_tw_reuse = 0 at boot`);
      expect(byHand[0]).toContain('put "net.ipv4.tcp_tw_reuse = 1" there');
    },
  );

  it('says which earlier line the drop-in wins over', () => {
    const { risks } = plan([REUSE], { entries: [entry('/etc/sysctl.d/10-a.conf', REUSE.key, '0')] });
    expect(risks).toEqual(['At boot the drop-in wins over /etc/sysctl.d/10-a.conf:1 (net.ipv4.tcp_tw_reuse = 0).']);
  });

  it('needs no line at boot for a kernel default that nobody changes', () => {
    const off: WantedSetting = {
      key: 'net.ipv4.tcp_tw_reuse',
      value: '2',
      purpose: 'default',
      suffices: (value) => value === '2',
      isDefault: true,
    };
    expect(plan([off], {}, 0).actions.map(({ kind }) => kind)).toEqual(['sysctl']);
    const entries = [entry('/etc/sysctl.d/10-a.conf', REUSE.key, '0')];
    expect(plan([off], { entries }, 0).actions.map(({ kind }) => kind)).toEqual(['sysctl', 'file']);
  });

  it('warns of files it could not read and of programs that may write again', () => {
    const { risks } = plan([REUSE], {
      unreadableFiles: ['/etc/sysctl.d/70-secret.conf'],
      rewriters: [
        { program: 'tuned', sign: 'profile throughput-performance' },
        { program: 'Ansible', sign: 'the header of /etc/sysctl.d/20-net.conf' },
      ],
    });
    expect(risks[0]).toContain('/etc/sysctl.d/70-secret.conf could not be read');
    expect(risks[1]).toContain('tuned is active (profile throughput-performance)');
    expect(risks[2]).toContain('Ansible writes kernel settings on this host (the header of /etc/sysctl.d/20-net.conf)');
  });

  it('is a bug of the remedy when it asks for what is refused always', () => {
    expect(() => plan([{ ...LIMIT, value: '5000', suffices: () => false }])).toThrow(RangeError);
  });
});
