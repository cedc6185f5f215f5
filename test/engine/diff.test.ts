import { describe, expect, test } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { diffText, groupPlans } from '../../src/engine/diff.ts';
import type { HostPlan } from '../../src/remedies/remedy.ts';

function plan(host: string, changes: Partial<HostPlan> = {}): HostPlan {
  return {
    host: asHostName(host),
    actions: [{ kind: 'sysctl', key: 'net.ipv4.tcp_tw_reuse', before: '0', after: '2' }],
    basis: {},
    predicted: [`${host.length} new connections/s.`, 'It holds after a restart.'],
    risks: ['None is known.'],
    proof: ['It reads back.'],
    ...changes,
  };
}

describe('plans of several hosts', () => {
  test('show an equal change once, with the numbers of each host before what they have in common', () => {
    const groups = groupPlans([plan('web-1'), plan('web-10')]);
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({
      hosts: ['web-1', 'web-10'],
      predicted: ['web-1: 5 new connections/s.', 'web-10: 6 new connections/s.', 'It holds after a restart.'],
      risks: ['None is known.'],
    });
  });

  test('show different changes apart', () => {
    const other: HostPlan['actions'] = [{ kind: 'sysctl', key: 'net.ipv4.tcp_tw_reuse', before: '1', after: '2' }];
    expect(groupPlans([plan('web-1'), plan('web-2', { actions: other })]).map(({ hosts }) => hosts)).toEqual([
      ['web-1'],
      ['web-2'],
    ]);
  });

  test('say where the numbers of many hosts are to be read, and hide none when nothing says where', () => {
    const plans = Array.from({ length: 9 }, (_, index) => plan(`web-${'x'.repeat(index)}`));
    expect(groupPlans(plans)[0]?.predicted).toHaveLength(10);
    expect(groupPlans(plans, { hosts: 2, rest: 'see the file' })[0]?.predicted).toEqual([
      'web-: 4 new connections/s.',
      'web-x: 5 new connections/s.',
      'And 7 more hosts, with other numbers: see the file.',
      'It holds after a restart.',
    ]);
  });
});

test('an edit shows the numbers of the lines that are there, and none for those put in', () => {
  const [group] = groupPlans([
    plan('web-1', {
      actions: [
        {
          kind: 'edit',
          path: '/etc/nginx/conf.d/app.conf',
          sha256: '0'.repeat(64),
          splices: [{ at: 40, remove: 0, insert: '  keepalive 32;\n' }],
          shown: [
            { mark: ' ', line: 9, text: 'upstream app {' },
            { mark: '-', line: 10, text: '  keepalive 2;' },
            { mark: '+', line: null, text: '  keepalive 32;' },
          ],
        },
        { kind: 'nginx', binary: '/usr/sbin/nginx', conf: '/etc/nginx/other.conf', prefix: null },
      ],
    }),
  ]);
  expect(group?.diffs.map(({ target }) => target)).toEqual([
    '/etc/nginx/conf.d/app.conf',
    'then /usr/sbin/nginx -c /etc/nginx/other.conf -t, and only if it passes, -s reload',
  ]);
  expect(diffText(group?.diffs[0]?.lines ?? [])).toEqual([
    ' 9   upstream app {',
    '10 -   keepalive 2;',
    '   +   keepalive 32;',
  ]);
});
