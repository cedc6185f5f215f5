import { describe, expect, onTestFinished, test } from 'vitest';
import { createDisposal } from '../../src/base/disposal.ts';
import { OperatorError } from '../../src/base/error.ts';
import { asHostName, asPersonName, asProposalId, asRunId } from '../../src/base/ids.ts';
import type { Asker } from '../../src/engine/asker.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { createPolicy, type Policy } from '../../src/engine/policy.ts';
import { createTimeZone } from '../../src/engine/policy/local-time.ts';
import type { PolicyRules } from '../../src/engine/policy/rules.ts';
import { DEFAULT_RULES, DEFAULT_TERMS } from '../../src/engine/policy/terms.ts';
import { verifiedAuditEntries } from '../helpers/audit-chain.ts';
import { testPerson } from '../helpers/change.ts';
import { ADA, BOB, createTestStore, runWord, wordContext } from '../helpers/engine.ts';
import { testHost } from '../helpers/sshd.ts';
import { arrangeEngine, WORLD } from '../helpers/word-engine.ts';
import { createWordTransport } from '../helpers/word-hosts.ts';

const CEM: Asker = { person: asPersonName('cem'), surface: 'slack' };
const EVE: Asker = { person: asPersonName('eve'), surface: 'slack' };
const PEOPLE = [testPerson('ada', 'run'), testPerson('bob', 'approve'), testPerson('cem', 'approve', 'run')];

function policyOf(rules: Partial<PolicyRules>): Policy {
  return createPolicy(PEOPLE, { rules: { ...DEFAULT_RULES, ...rules } });
}

const TYPED = policyOf({ otherwise: { ...DEFAULT_TERMS, typed: true } });
const LEADS = new Map([
  ['leads', { people: new Set([asPersonName('ada'), asPersonName('bob')]), slackGroups: [], unixGroups: [] }],
]);
const midnight = { hour: 0, minute: 0 };
const ALWAYS = {
  name: 'always',
  hosts: undefined,
  zone: createTimeZone('UTC'),
  time: { kind: 'weekly', days: [0, 1, 2, 3, 4, 5, 6], from: midnight, until: { hour: 24, minute: 0 } },
} as const;
const FROZEN = policyOf({ roles: LEADS, freezes: [ALWAYS], breakGlass: { allow: ['leads'], channel: 'C1' } });
const REASON = 'the shop is down';

const yes = (who: Asker, typed?: string) =>
  ({ ...who, proposal: '1-1', verdict: 'approve', digest: undefined, reason: null, typed: typed ?? null }) as const;

/** A proposal 1-1 of ada's on these words, under a policy. */
async function proposed(policy: Policy, words: Readonly<Record<string, string>> = { 'web-1': 'bad' }) {
  const scene = arrangeEngine(words, (context) => ({ ...context, policy }));
  await runWord(scene.engine, 'all');
  const denials = async (subject = 'proposal:1-1') =>
    (await scene.store.audit.of(subject))
      .filter(({ event }) => event.endsWith('.denied'))
      .map(({ event, actor, body }) => [event, actor, body['code']]);
  return { ...scene, denials };
}

describe('an approval that has to be typed', () => {
  test.each([[undefined], [''], ['1-2'], ['1-1-1'], ['1 - 1']])('does not count with %j', async (typed) => {
    const { engine, change, denials } = await proposed(TYPED);
    expect((await engine.proposal('1-1')).plan.typed).toEqual(['the policy asks for it']);
    await expect(engine.decide(yes(BOB, typed))).rejects.toMatchObject({ code: 'policy/unconfirmed' });
    expect(await denials()).toEqual([['decision.denied', 'bob', 'policy/unconfirmed']]);
    expect((await change()).state).toBe('open');
  });

  test('counts with the name of the proposal; a rejection needs none', async () => {
    const { engine } = await proposed(TYPED);
    await runWord(engine, 'all');
    expect(await engine.decide(yes(BOB, ' 1-1\n'))).toMatchObject({ state: 'applying' });
    const no = { ...BOB, proposal: '2-1', verdict: 'reject', digest: undefined, reason: null } as const;
    expect(await engine.decide(no)).toMatchObject({ state: 'rejected' });
  });
});

describe('a freeze', () => {
  test('lets a proposal be made and rejected, but not approved', async () => {
    const { engine, change, denials } = await proposed(FROZEN);
    await expect(engine.decide(yes(BOB))).rejects.toMatchObject({ code: 'policy/frozen' });
    expect([await denials(), (await change()).state]).toEqual([[['decision.denied', 'bob', 'policy/frozen']], 'open']);
    const no = { ...BOB, proposal: '1-1', verdict: 'reject', digest: undefined, reason: null } as const;
    expect(await engine.decide(no)).toMatchObject({ state: 'rejected' });
  });

  test('that begins after the approval keeps the change from hosts that were not reached', async () => {
    const { engine, start, work, change, transport } = await proposed(policyOf({}));
    await engine.decide(yes(BOB));
    const frozen = start((context) => ({ ...context, policy: FROZEN }));
    await work('1-1', frozen);
    expect(await change()).toMatchObject({
      state: 'failed',
      details: [expect.stringMatching(/^The freeze "always" is in force until .* \(UTC\)\. Nothing was changed\.$/)],
    });
    expect(transport.calls).not.toContain('web-1 apply');
  });

  test('does not keep anybody from taking a change back', async () => {
    const { engine, start, work, change } = await proposed(policyOf({}));
    await engine.decide(yes(BOB));
    await work('1-1');
    const frozen = start((context) => ({ ...context, policy: FROZEN }));
    await frozen.undo({ ...BOB, proposal: '1-1', reason: null });
    await work('1-1', frozen);
    expect((await change()).state).toBe('undone');
  });
});

describe('broken glass', () => {
  test('has the change made in a freeze, for its requester, without any approval', async () => {
    const { engine, work, change, store, audit } = await proposed(FROZEN);
    await engine.breakGlass({ ...ADA, proposal: '1-1', reason: `  ${REASON} ` });
    await work('1-1');
    expect((await change()).state).toBe('proven');
    expect(await store.changes.approvals(asProposalId('1-1'))).toEqual([]);
    expect(await engine.openReviews()).toMatchObject([
      { proposal: '1-1', person: 'ada', reason: REASON, review: null },
    ]);
    expect(await audit('proposal:1-1')).toContain('glass.broken');
  });

  test('counts no more when who broke it may not do so any more: nothing is begun', async () => {
    const { engine, start, work, change, transport } = await proposed(FROZEN);
    await engine.breakGlass({ ...ADA, proposal: '1-1', reason: REASON });
    await work(
      '1-1',
      start((context) => ({ ...context, policy: policyOf({}) })),
    );
    expect(await change()).toMatchObject({ state: 'failed', details: [expect.stringContaining('do not suffice')] });
    expect(transport.calls).not.toContain('web-1 apply');
  });

  test.each<[string, Asker, { reason?: string; digest?: string; proposal?: string }, string]>([
    ['by somebody who may not', CEM, {}, 'policy/not-permitted'],
    ['by somebody unknown', EVE, {}, 'policy/unknown-person'],
    ['with a reason of nine characters', ADA, { reason: ' 123456789 ' }, 'request/invalid'],
    ['with a reason beyond all measure', ADA, { reason: 'x'.repeat(2001) }, 'request/invalid'],
    ['for another digest', ADA, { digest: 'f'.repeat(64) }, 'state/stale'],
  ])('%s is refused and recorded', async (_what, who, request, code) => {
    const { engine, denials, change } = await proposed(FROZEN);
    await expect(engine.breakGlass({ ...who, proposal: '1-1', reason: REASON, ...request })).rejects.toMatchObject({
      code,
    });
    expect(await denials()).toEqual([['break-glass.denied', who.person, code]]);
    expect((await change()).state).toBe('open');
  });

  test.each([
    ['that was rejected', { ...BOB, proposal: '1-1', verdict: 'reject', digest: undefined, reason: null } as const, 0],
    ['that expired', undefined, 3_600_000],
  ])('for a proposal %s is refused', async (_what, decision, ahead) => {
    const { engine, clock, store } = await proposed(FROZEN);
    if (decision) await engine.decide(decision);
    clock.ahead(ahead);
    await expect(engine.breakGlass({ ...ADA, proposal: '1-1', reason: REASON })).rejects.toBeInstanceOf(OperatorError);
    expect(await store.brokenGlass.of(asProposalId('1-1'))).toBeUndefined();
  });

  test('is broken once', async () => {
    const { engine, denials } = await proposed(FROZEN);
    const both = [ADA, BOB].map((who) => engine.breakGlass({ ...who, proposal: '1-1', reason: REASON }));
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await denials()).toHaveLength(1);
  });
});

describe('the review of broken glass', () => {
  async function broken() {
    const scene = await proposed(FROZEN);
    await scene.engine.breakGlass({ ...BOB, proposal: '1-1', reason: REASON });
    return scene;
  }
  const note = { proposal: '1-1', note: 'it was needed' };

  test('is closed once, by somebody who may approve and neither asked nor broke it', async () => {
    const { engine, denials, audit } = await broken();
    for (const who of [BOB, ADA, EVE]) await expect(engine.closeReview({ ...who, ...note })).rejects.toThrow();
    await expect(engine.closeReview({ ...CEM, ...note, note: '  ' })).rejects.toMatchObject({
      code: 'request/invalid',
    });
    expect(await engine.openReviews()).toHaveLength(1);
    const closed = await engine.closeReview({ ...CEM, ...note });
    expect(closed.review).toMatchObject({ person: 'cem', note: 'it was needed' });
    expect(await engine.openReviews()).toEqual([]);
    await expect(engine.closeReview({ ...CEM, ...note })).rejects.toMatchObject({ code: 'state/not-applicable' });
    expect(await denials()).toEqual([
      ['review.denied', 'bob', 'policy/not-permitted'],
      ['review.denied', 'ada', 'policy/not-permitted'],
      ['review.denied', 'eve', 'policy/unknown-person'],
      ['review.denied', 'cem', 'request/invalid'],
      ['review.denied', 'cem', 'state/not-applicable'],
    ]);
    expect((await audit('proposal:1-1')).filter((event) => event === 'review.closed')).toHaveLength(1);
  });

  test('of a proposal for which nobody broke glass is refused', async () => {
    const { engine } = await proposed(FROZEN);
    await expect(engine.closeReview({ ...CEM, ...note })).rejects.toMatchObject({ code: 'state/not-applicable' });
  });
});

describe('whatever is refused is recorded', () => {
  test('clicks on what expired, is stale, was decided or is not there', async () => {
    const { engine, clock, denials } = await proposed(policyOf({}));
    await expect(engine.decide({ ...yes(BOB), digest: 'f'.repeat(64) })).rejects.toMatchObject({ code: 'state/stale' });
    await expect(engine.undo({ ...BOB, proposal: '1-1', reason: null, digest: 'f'.repeat(64) })).rejects.toThrow();
    await expect(engine.look('1-1', BOB, 'f'.repeat(64))).rejects.toMatchObject({ code: 'state/stale' });
    await expect(engine.requireMayApprove({ ...ADA, proposal: '1-1', digest: undefined })).rejects.toThrow();
    clock.ahead(3_600_000);
    await expect(engine.decide(yes(BOB))).rejects.toMatchObject({ code: 'state/expired' });
    await expect(engine.requireMayApprove({ ...BOB, proposal: '1-1', digest: undefined })).rejects.toThrow();
    expect(await denials()).toEqual([
      ['decision.denied', 'bob', 'state/stale'],
      ['undo.denied', 'bob', 'state/stale'],
      ['look.denied', 'bob', 'state/stale'],
      ['decision.denied', 'ada', 'policy/not-permitted'],
      ['decision.denied', 'bob', 'state/expired'],
      ['decision.denied', 'bob', 'state/expired'],
    ]);
    await expect(engine.decide({ ...yes(BOB), proposal: '7-1' })).rejects.toThrow();
    expect(await denials('proposal:7-1')).toEqual([['decision.denied', 'bob', 'request/unknown-proposal']]);
  });

  test('runs and cancellations by people who may not', async () => {
    const { engine, denials } = await proposed(policyOf({}));
    const run = { ...BOB, runbook: 'word', selector: 'all', params: {}, channel: null };
    await expect(engine.start(run)).rejects.toMatchObject({ code: 'policy/not-permitted' });
    await expect(engine.cancel(asRunId(1), BOB)).rejects.toMatchObject({ code: 'policy/not-permitted' });
    await expect(engine.cancel(asRunId(1), ADA)).rejects.toMatchObject({ code: 'state/not-applicable' });
    expect(await denials('runbook:word')).toEqual([['run.denied', 'bob', 'policy/not-permitted']]);
    expect(await denials('run:1')).toEqual([
      ['cancel.denied', 'bob', 'policy/not-permitted'],
      ['cancel.denied', 'ada', 'state/not-applicable'],
    ]);
  });

  test('people who were not let in, in words that cannot harm or fill the store', async () => {
    const { engine, store } = await proposed(policyOf({}));
    const because = new OperatorError('policy/not-permitted', { message: 'no' });
    const wish = `\u001b[31m${'x'.repeat(5000)}`;
    await engine.denied({ identity: 'slack:U9@T9', surface: 'slack', subject: 'proposal:1-1', wish, because });
    const [entry] = (await store.audit.of('proposal:1-1')).filter(({ event }) => event === 'identity.denied');
    expect(entry).toMatchObject({ actor: 'slack:U9@T9', body: { code: 'policy/not-permitted', message: 'no' } });
    expect(String(entry?.body['wish'])).toMatch(/^x{150,200}…?$/);
  });
});

describe('of 200 deliveries that race', () => {
  test('with duplicates and replays, over four connections, exactly one decides', async () => {
    const disposal = createDisposal();
    onTestFinished(() => disposal[Symbol.asyncDispose]());
    const stores = disposal.use(createTestStore());
    const names = Array.from({ length: 50 }, (_, n) => `approver-${n}`);
    const policy = createPolicy([testPerson('ada', 'run'), ...names.map((name) => testPerson(name, 'approve'))]);
    const hosts = [testHost({ name: asHostName('web-1') })];
    const transport = createWordTransport({ 'web-1': 'bad' });
    const desks = [stores.store, stores.another(), stores.another(), stores.another()].map((store) => {
      const engine = disposal.use(createEngine({ ...wordContext({ store, transport, hosts }, WORLD), policy }));
      return { store, engine };
    });
    const [desk] = desks;
    if (!desk) throw new Error('no desk');
    await runWord(desk.engine, 'all');
    const { digest } = await desk.engine.proposal('1-1');
    // Every person clicks once; each click is delivered to two desks, then replayed under a new name on the other two.
    const deliveries = names.flatMap((name, n) =>
      desks.map((at, copy) => ({ at, person: asPersonName(name), key: `click-${n}-${copy < 2 ? 0 : copy}`, n })),
    );
    expect(deliveries).toHaveLength(200);
    const outcomes = await Promise.all(
      deliveries.map(async ({ at, person, key, n }) => {
        if (!(await at.store.messages.claim(`delivery:${key}`, 0))) return 'seen';
        const verdict = n % 2 ? 'reject' : 'approve';
        const request = { person, surface: 'slack', proposal: '1-1', verdict, digest, reason: null } as const;
        return at.engine.decide(request).then(
          () => 'decided',
          (error: unknown) => (error instanceof OperatorError ? error.code : String(error)),
        );
      }),
    );
    const count = (what: string) => outcomes.filter((outcome) => outcome === what).length;
    expect([count('decided'), count('seen'), count('state/already-decided')]).toEqual([1, 50, 149]);
    const audit = await stores.store.audit.of('proposal:1-1');
    const decisions = audit.filter(({ event }) => event === 'proposal.approved' || event === 'proposal.rejected');
    expect([decisions.length, audit.filter(({ event }) => event === 'decision.denied').length]).toEqual([1, 149]);
    expect(await stores.store.changes.approvals(asProposalId('1-1'))).toHaveLength(1);
    expect(await stores.store.audit.verify(undefined)).toMatchObject({ kind: 'sound' });
    expect(verifiedAuditEntries(stores.path)).toBeGreaterThan(150);
  }, 60_000);
});
