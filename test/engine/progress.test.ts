import { describe, expect, it } from 'vitest';
import { asHostName, asPersonName, asRunId } from '../../src/base/ids.ts';
import type { Run, RunHost } from '../../src/engine/model.ts';
import { progressLines, progressSentence, ranOn, slowSentences, timeText } from '../../src/engine/progress.ts';
import type { RunOutline } from '../../src/engine/view.ts';

const NOW = 1_795_392_000_000;
const PROBES = ['kernel', 'sockets', 'nginx-config'];

function host(name: string, changes: Partial<RunHost> = {}): RunHost {
  const nothing = { detail: null, currentStep: null, stepSince: null, startedAt: null, finishedAt: null };
  return { host: asHostName(name), state: 'waiting', outcome: null, ...nothing, ...changes };
}

const answered = (name: string, outcome: RunHost['outcome'] = 'ok') => host(name, { state: 'answered', outcome });
const at = (name: string, currentStep: string | null, agoMs: number) =>
  host(name, { state: 'reading', currentStep, stepSince: NOW - agoMs });

function reading(hosts: readonly RunHost[], changes: Partial<RunOutline> = {}): RunOutline {
  const run: Run = {
    id: asRunId(1),
    runbook: 'time-wait',
    runbookVersion: 'v1',
    params: {},
    selector: '@web',
    requester: asPersonName('ada'),
    surface: 'slack',
    channel: 'C1',
    state: 'reading',
    detail: null,
    createdAt: NOW - 4000,
    finishedAt: null,
    revision: 1,
  };
  return { run, hosts, findings: [], notConcluded: [], proposals: [], ...changes };
}

describe('a run under way', () => {
  it.each([
    [undefined, 4000, '4 s'],
    [11_000, 4000, '4 s of about 11 s'],
    [11_000, 14_000, '14 s, usually about 11 s'],
    [100, 50, '0.1 s of about 1 s'],
  ])('with usually %s ms has taken %i ms: "%s"', (usualMs, tookMs, text) => {
    expect(timeText(reading([], { usualMs }), NOW - 4000 + tookMs)).toBe(text);
  });

  it('counts who answered, how others failed, who is asked and who waits', () => {
    const hosts = [
      answered('a'),
      answered('b', 'unreachable'),
      answered('c', 'auth_failed'),
      at('d', 'kernel', 0),
      host('e'),
    ];
    expect(progressSentence(reading(hosts))).toBe(
      '1 of 5 hosts answered; 1 unreachable; 1 login refused; 1 being asked, 1 waiting.',
    );
  });

  it('names hosts that are long at a step behind the others, longest first, and has a line for the others that are open', () => {
    const hosts = [
      ...[answered('a'), answered('b'), answered('c'), answered('d', 'timed_out')],
      at('e', 'nginx-config', 12_000),
      at('f', null, 31_000),
      at('g', 'sockets', 6000),
    ];
    expect(slowSentences(reading(hosts), PROBES, NOW)).toEqual([
      'f has been connecting for 31 s.',
      'e has been at nginx-config (3 of 3) for 12 s.',
    ]);
    expect(progressLines(reading(hosts), PROBES, NOW)).toEqual(['d: timed out', 'g: sockets (2 of 3), for 6 s']);
  });

  it('calls nobody slow where all hosts wait at the same step, as they do while rates are measured', () => {
    const same = ['a', 'b', 'c'].map((name) => at(name, 'sockets', 20_000));
    expect(slowSentences(reading(same), PROBES, NOW)).toEqual([]);
  });
});

describe('what a run ran on', () => {
  it('leaves no host out, however it ended', () => {
    expect(ranOn(reading([answered('a'), answered('b')]))).toBe('Ran on 2 of 2 hosts.');
    const hosts = [
      answered('a'),
      answered('b', 'unreachable'),
      answered('c', 'unreachable'),
      at('d', 'kernel', 0),
      host('e'),
    ];
    expect(ranOn(reading(hosts))).toBe('Ran on 1 of 5 hosts; 2 unreachable: b and c; 2 not asked to the end: d and e.');
  });

  it('counts the names that would be too many', () => {
    const hosts = Array.from({ length: 98 }, (_, n) => answered(`web-${n}`, 'unreachable'));
    expect(ranOn(reading(hosts))).toMatch(/^Ran on 0 of 98 hosts; 98 unreachable: web-0, .* and 38 more\.$/);
  });
});
