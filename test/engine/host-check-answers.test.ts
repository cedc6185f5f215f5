import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedact } from '../../src/base/redact.ts';
import { answerChecks, answerSteps } from '../../src/engine/host-check/answer.ts';
import { judgeClock } from '../../src/engine/host-check/clock.ts';
import { connectionChecks } from '../../src/engine/host-check/connecting.ts';
import { judgeNginx } from '../../src/engine/host-check/nginx.ts';
import { judgeTools } from '../../src/engine/host-check/tools.ts';
import type { StepOutput } from '../../src/engine/transport.ts';
import { hostileText } from '../helpers/hostile.ts';
import { testHost } from '../helpers/sshd.ts';

const RIGHTS = { reads: ['/usr/bin/ss -Htlnp'], changes: ['/usr/bin/tee /proc/sys/net/ipv4/tcp_tw_reuse'] };
const REDACT = createRedact(['swordfish']);
const HOST = testHost({ sudo: 'passwordless' });
const NOW = 1_795_392_000_000;
const EVERYTHING =
  'ss awk sed grep sort head tail cut ps readlink find stat ip curl bash dmesg flock sha256sum cmp timeout';

function checksOf(steps: readonly StepOutput[]) {
  const outcome = { kind: 'ok', steps, durationMs: 1 } as const;
  return answerChecks({ host: HOST, rights: RIGHTS, outcome, redact: REDACT, asked: { fromMs: NOW, toMs: NOW + 500 } });
}

describe('the answer of a host', () => {
  it('always makes the four checks, whatever bytes come, and shows nothing that acts', () => {
    const headed = fc
      .tuple(
        fc.constantFrom(
          'countersign-sudo 1 0\n',
          'countersign-sudo 1 1000\n1 yes\n2 ',
          'countersign-tools 1\nyes ss\n',
          'master 12 4\n',
          'own net:[1]\nmaster ',
          '',
        ),
        hostileText,
      )
      .map(([head, text]) => head + text);
    const bytes = fc.oneof(
      headed,
      fc.uint8Array({ maxLength: 400 }).map((array) => new TextDecoder().decode(array)),
    );
    const ids = answerSteps(HOST, RIGHTS).map(({ id }) => id);
    const step = fc.record({
      id: fc.constantFrom(...ids),
      exitCode: fc.option(fc.nat({ max: 255 })),
      durationMs: fc.nat(),
      stdout: bytes,
      stderr: bytes,
      droppedBytes: fc.constantFrom(0, 0, 7),
    });
    fc.assert(
      fc.property(fc.uniqueArray(step, { selector: ({ id }) => id }), (steps) => {
        const checks = checksOf(steps);
        expect(checks.map(({ id }) => id)).toEqual(['sudo', 'tools', 'nginx', 'clock']);
        expect(JSON.stringify(checks)).not.toMatch(/\\u001b|\\u0007|\u202e|swordfish/);
        for (const { saw, detail } of checks) expect(saw.length + (detail ?? '').length).toBeLessThan(1500);
      }),
      { numRuns: 300 },
    );
  });

  it('is not believed where it has another form than was asked for', () => {
    const output = { exitCode: 0, durationMs: 1, stderr: '', droppedBytes: 0 };
    const checks = checksOf([
      { ...output, id: 'sudo', stdout: 'countersign-sudo 1 1000\n1 yes\n' },
      { ...output, id: 'tools', stdout: 'countersign-tools 1\nyes ss\n' },
      { ...output, id: 'nginx-process', stdout: 'welcome\n' },
      { ...output, id: 'clock', stdout: 'Tue Jan  1\n' },
    ]);
    expect(checks.map(({ state }) => state)).toEqual(['failed', 'failed', 'warning', 'failed']);
    expect(checks[0]?.todo).toContain('startup files');
  });

  it('says which steps did not answer', () => {
    const outcome = {
      kind: 'timed_out',
      detail: 'web-1 did not finish in time; check its load.',
      durationMs: 1,
    } as const;
    const asked = { fromMs: NOW, toMs: NOW };
    const none = answerChecks({
      host: HOST,
      rights: RIGHTS,
      outcome: { ...outcome, steps: [] },
      redact: REDACT,
      asked,
    });
    expect(none.map(({ state }) => state)).toEqual(['failed', 'not_reached', 'not_reached', 'not_reached']);
    expect(none[0]).toMatchObject({ detail: 'web-1 did not finish in time', todo: 'Check its load.' });
  });
});

describe('a failed connection', () => {
  it('says what was seen and what to do, without secrets', () => {
    const failure = { kind: 'host_key_mismatch', detail: 'It showed swordfish; someone may be in between.' } as const;
    const hostKey = { type: 'ssh-ed25519', fingerprint: 'SHA256:x' };
    const checks = connectionChecks(HOST, { reachedMs: 3, hostKey, loggedInMs: null, failure }, REDACT);
    expect(checks.map(({ state }) => state)).toEqual(['ok', 'failed', 'not_reached']);
    expect(checks[1]).toMatchObject({ saw: expect.stringContaining('CHANGED'), todo: 'Someone may be in between.' });
    expect(checks[1]?.detail).not.toContain('swordfish');
  });
});

describe('the programs on a host', () => {
  it('are all there, or what is lost is said for each that is not', () => {
    const all = new Set(EVERYTHING.split(' '));
    expect(judgeTools(all)).toMatchObject({ state: 'ok', items: [], detail: null });
    const without = (...names: readonly string[]) =>
      judgeTools(new Set([...all].filter((name) => !names.includes(name))));
    expect(without('ss')).toMatchObject({ state: 'failed', saw: 'Absent: ss and netstat.' });
    expect(judgeTools(new Set([...all, 'netstat'].filter((name) => name !== 'ss')))).toMatchObject({
      state: 'warning',
      items: ['without ss: accept queues, the owners of ports and the timestamps of peers are not known'],
    });
    expect(without('awk').state).toBe('failed');
    expect(without('curl')).toMatchObject({ state: 'warning', saw: 'Absent: curl and wget.' });
    expect(without('flock').items).toEqual(['without flock: changes are not made']);
    expect(without('timeout')).toMatchObject({ state: 'ok', detail: expect.stringContaining('timeout is absent') });
  });
});

describe('nginx on a host', () => {
  const master = { pid: 812, configPath: null, prefix: null, binary: null, binaryReplaced: null, workers: 4 };
  const version = { flavor: 'nginx', text: '1.22.1', major: 1, minor: 22, patch: 1 };
  const seen = (
    masters: readonly (typeof master & { version: typeof version | null })[],
    namespace: string | null,
    installed = true,
  ) =>
    judgeNginx(
      {
        process: { ok: true, fact: { masters } },
        namespace: { ok: true, fact: { own: 'net:[1]', nginxMasters: [{ pid: 812, namespace }] } },
        installed,
      },
      REDACT,
    );

  it('is told with version, master, workers and network namespace', () => {
    const running = [{ ...master, version }];
    expect(seen(running, 'net:[1]')).toMatchObject({
      state: 'ok',
      saw: 'nginx 1.22.1 runs.',
      detail: "master 812, 4 workers, in the login's network namespace",
    });
    expect(seen(running, 'net:[2]')).toMatchObject({ state: 'warning', todo: expect.stringContaining('namespace') });
    expect(seen(running, null).detail).toContain('cannot be told without root');
    expect(seen([{ ...master, version: null }], 'net:[1]').saw).toBe('nginx of an unknown version runs.');
  });

  it('may be installed and stopped, or not be there at all', () => {
    expect(seen([], null)).toMatchObject({ state: 'warning', saw: 'nginx is installed but does not run.' });
    expect(seen([], null, false)).toMatchObject({ state: 'ok', todo: null });
  });
});

describe('the clock of a host', () => {
  const asked = { fromMs: NOW, toMs: NOW + 2000 };

  it.each([
    [NOW + 1000, 'ok', null],
    [NOW - 5000, 'ok', null],
    [NOW - 61_000, 'warning', '1 min at least'],
    [NOW + 3_602_000, 'warning', '1 h at least'],
  ])('at %s is %s', (hostMs, state, detail) => {
    expect(judgeClock(hostMs, asked)).toMatchObject({ state, detail });
  });
});
