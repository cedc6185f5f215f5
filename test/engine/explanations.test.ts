import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { HostFinding } from '../../src/engine/model.ts';
import { caveats, explanations, type FindingGroup, groupFindings } from '../../src/engine/view.ts';

function found(host: string, explanation: string[], notConcluded: string[] = []): HostFinding {
  const finding = {
    rule: 'a-rule',
    severity: 'warning',
    title: 'Too much',
    explanation,
    evidence: [],
    notConcluded,
    confidence: 'high',
    groupKey: 'too-much',
  } as const;
  return { host: asHostName(host), finding };
}

function groupOf(...findings: HostFinding[]): FindingGroup {
  const [group] = groupFindings(findings);
  if (!group) throw new Error('no group');
  return group;
}

describe('explanations', () => {
  it('that are the same on all hosts are given once', () => {
    const group = groupOf(found('a', ['One.', 'Two.']), found('b', ['One.', 'Two.']), found('c', ['One.', 'Two.']));
    expect(explanations(group)).toEqual([{ hosts: ['a', 'b', 'c'], sentences: ['One.', 'Two.'] }]);
  });

  it('that differ are given each with its hosts, the one of fewest hosts first', () => {
    const group = groupOf(found('a', ['5 sockets.']), found('b', ['9 sockets.']), found('c', ['5 sockets.']));
    expect(explanations(group)).toEqual([
      { hosts: ['b'], sentences: ['9 sockets.'] },
      { hosts: ['a', 'c'], sentences: ['5 sockets.'] },
    ]);
  });

  it('that differ in a number alone are given by host, and what the hosts share once, at the end', () => {
    const group = groupOf(found('a', ['5 sockets.', 'No keepalive.']), found('b', ['9 sockets.', 'No keepalive.']));
    expect(explanations(group)).toEqual([
      { hosts: ['a'], sentences: ['5 sockets.'] },
      { hosts: ['b'], sentences: ['9 sockets.'] },
      { hosts: ['a', 'b'], sentences: ['No keepalive.'] },
    ]);
  });

  it('are told apart by where sentences begin and end', () => {
    expect(explanations(groupOf(found('a', ['One. Two.']), found('b', ['One.', 'Two.'])))).toHaveLength(2);
  });

  it('leave nobody out, and nothing is said twice', () => {
    const group = groupOf(found('a', ['1.']), found('b', ['2.']), found('c', ['3.']), found('d', ['1.']));
    expect(
      explanations(group)
        .flatMap(({ hosts }) => hosts)
        .sort(),
    ).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('caveats', () => {
  it('are grouped by themselves, with the numbers of each host', () => {
    const group = groupOf(
      found('a', ['1.'], ['Not that.']),
      found('b', ['2.'], ['Not that.']),
      found('c', ['3.'], ['Not this: 35 ports.']),
    );
    expect(explanations(group)).toHaveLength(3);
    expect(caveats(group)).toEqual([
      { hosts: ['c'], sentences: ['Not this: 35 ports.'] },
      { hosts: ['a', 'b'], sentences: ['Not that.'] },
    ]);
  });

  it('are absent where there are none', () => {
    expect(caveats(groupOf(found('a', ['1.']), found('b', ['2.'])))).toEqual([]);
  });
});
