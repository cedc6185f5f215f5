import { describe, expect, it } from 'vitest';
import { asHostName, asPersonName, asRunId } from '../../../src/base/ids.ts';
import { localTime, renderEvidence, renderHistoryEntry, renderRun } from '../../../src/cli/render/human.ts';
import type { HostFinding, Run, RunHost, StepRecord } from '../../../src/engine/model.ts';
import { groupFindings, type RunView } from '../../../src/engine/view.ts';
import type { Severity } from '../../../src/rules/rule.ts';

const AT = Date.parse('2026-11-22T03:12:09Z');

const run: Run = {
  id: asRunId(41),
  runbook: 'time-wait',
  runbookVersion: 'f'.repeat(64),
  params: { interval: 10 },
  selector: '@web',
  requester: asPersonName('mia'),
  surface: 'cli',
  channel: null,
  state: 'finished',
  detail: null,
  createdAt: AT,
  finishedAt: AT + 11_000,
  revision: 9,
};

function answered(host: string, outcome: RunHost['outcome'] = 'ok', detail: string | null = null): RunHost {
  return {
    host: asHostName(host),
    state: 'answered',
    outcome,
    detail,
    currentStep: null,
    stepSince: null,
    startedAt: AT,
    finishedAt: AT,
  };
}

function found(
  host: string,
  severity: Severity,
  title: string,
  explanation: string[],
  notConcluded: string[] = [],
): HostFinding {
  const evidence = [{ label: 'TIME_WAIT', value: 37257, unit: 'sockets', source: 'ss -tan' }];
  const finding = {
    rule: 'r',
    severity,
    title,
    explanation,
    evidence,
    notConcluded,
    confidence: 'high',
    groupKey: title,
  } as const;
  return { host: asHostName(host), finding };
}

function view(differences: Partial<RunView> & { findingsOf?: HostFinding[] } = {}): RunView {
  const { findingsOf = [], ...others } = differences;
  return {
    run,
    hosts: [answered('web-1'), answered('web-2'), answered('web-3')],
    findings: groupFindings(findingsOf),
    notConcluded: [],
    steps: [],
    proposals: [],
    ...others,
  };
}

function lines(of: RunView, raw = false): string[] {
  return renderRun(of, AT, { raw });
}

describe('a run on a terminal', () => {
  it('begins with what ran where, who answered, how long it took and who asked', () => {
    expect(lines(view())[0]).toBe(
      `time-wait on @web · 3 of 3 hosts answered · 11 s · run 41, asked by mia at ${localTime(AT)} · interval=10`,
    );
  });

  it('says what several hosts share once, and puts the hosts before each line that differs, so that grep finds it', () => {
    const shared = ['4,035 new connections/s.', 'conf.d/app.conf:12 has no keepalive.'];
    const findingsOf = [
      found('web-1', 'critical', 'Not pooled', shared, ['This is not port exhaustion.']),
      found(
        'web-2',
        'critical',
        'Not pooled',
        ['9 new connections/s.', 'It has just begun.'],
        ['This is not port exhaustion.'],
      ),
      found('web-3', 'critical', 'Not pooled', shared, ['This is not port exhaustion.']),
      found('web-1', 'info', 'Explained', ['666 TIME_WAIT on :80.']),
    ];
    expect(lines(view({ findingsOf })).slice(1)).toEqual([
      'CRITICAL  Not pooled  [web-1 web-2 web-3]',
      '          web-2: 9 new connections/s.',
      '          web-2: It has just begun.',
      '          web-1 web-3: 4,035 new connections/s.',
      '          web-1 web-3: conf.d/app.conf:12 has no keepalive.',
      '          This is not port exhaustion.',
      'INFO      Explained  [web-1]',
      '          666 TIME_WAIT on :80.',
    ]);
  });

  it('names every host that did not answer, with the reason', () => {
    const hosts = [
      answered('web-1'),
      answered('web-2', 'unreachable', 'it refused the connection'),
      answered('web-3', 'timed_out', null),
    ];
    expect(lines(view({ hosts }))).toEqual([
      expect.stringContaining('1 of 3 hosts answered'),
      '  web-2 unreachable: it refused the connection',
      '  web-3 timed out: no details',
      '  No rule found anything to report.',
    ]);
  });

  it('that was cancelled says so, by whom, and does not claim that nothing was found', () => {
    const cancelled = { ...run, state: 'cancelled', detail: 'Cancelled by mia.' } as const;
    const text = lines(view({ run: cancelled }));
    expect(text[0]).toContain('time-wait on @web · cancelled · ');
    expect(text.slice(1)).toEqual(['  Cancelled by mia.']);
  });

  it('names the rules that could not conclude', () => {
    const notConcluded = [{ host: asHostName('web-1'), rule: 'half-keepalive', because: 'nginx-log was refused' }];
    expect(lines(view({ notConcluded }))).toContain('  web-1: half-keepalive: nginx-log was refused');
  });

  it('prints raw output without anything that a terminal would act on', () => {
    const step: StepRecord = {
      host: asHostName('web-1'),
      probe: 'kernel',
      exitCode: null,
      durationMs: 10,
      droppedBytes: 0,
      stdout: '\u001b]0;owned\u0007\u001b[2Jtext\u202e\n',
      stderr: 'warn\u001b[31m\n',
      problem: 'timed_out',
      reason: 'took too long',
    };
    expect(lines(view({ steps: [step] }), true).slice(2)).toEqual([
      '',
      '--- web-1 kernel (exit none, stopped at its time limit, 10 ms, took too long)',
      'text',
      'stderr: warn',
    ]);
  });

  it('has its evidence with units and sources', () => {
    expect(renderEvidence(view({ findingsOf: [found('web-1', 'info', 'Explained', [])] }))).toEqual([
      'web-1: Explained',
      '  TIME_WAIT: 37,257 sockets (ss -tan)',
    ]);
  });
});

describe('a line of history', () => {
  const entry = {
    run,
    hosts: [answered('web-1'), answered('web-2', 'unreachable')],
    worst: null,
    findings: 0,
    proposals: [],
  };

  it.each([
    ['nothing was found', entry, 'nothing found'],
    ['the worst finding', { ...entry, worst: { severity: 'critical', title: 'Not pooled' } }, 'CRITICAL Not pooled'],
    ['how it ended early', { ...entry, run: { ...run, state: 'cancelled' as const } }, 'cancelled'],
  ])('says that or which: %s', (_what, given, text) => {
    expect(renderHistoryEntry(given)).toBe(`${localTime(AT)}  run 41  time-wait on @web  1/2 hosts  ${text}`);
  });
});
