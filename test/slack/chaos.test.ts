import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { OperatorError } from '../../src/base/error.ts';
import { asRunId } from '../../src/base/ids.ts';
import { changeSentences } from '../../src/engine/phrases.ts';
import type { RunView } from '../../src/engine/view.ts';
import type { RunbookLibrary } from '../../src/runbook/load.ts';
import { misbehave } from '../helpers/chaos.ts';
import { createDice } from '../helpers/dice.ts';
import { wordRunbook } from '../helpers/engine.ts';
import { createFastClock } from '../helpers/fast-clock.ts';
import type { SeenMessage } from '../helpers/sandbox.ts';
import { setSlackScene } from '../helpers/slack-scene.ts';

const SEED = 20_260_311;
/** Ten minutes of Slack pass in half a minute. */
const FACTOR = 20;
const TEN_MINUTES_MS = 600_000;
const COMMANDS = 34;
const APPROVERS = ['U0APPROVER', 'U0APPROVER2', 'U0REQUESTER'] as const;

/** The word's runbook, with a parameter by which each command can be told from all others. */
function ticketed(): RunbookLibrary {
  const ticket = {
    name: 'ticket',
    type: 'integer',
    default: 0,
    min: 0,
    max: 100_000,
    unit: undefined,
    help: 'Which command.',
  } as const;
  const runbook = { ...wordRunbook({ path: '/word' }), params: [ticket] };
  const refuse = (name: string): never => {
    throw new OperatorError('request/unknown-runbook', { message: `there is no runbook "${name}"` });
  };
  return { runbooks: [runbook], broken: [], runbook: (name) => (name === runbook.name ? runbook : refuse(name)) };
}

/** What somebody did, and what Slack told them came of it. */
interface Done {
  readonly ticket: number;
  readonly acked: boolean;
}

async function setChaos(clock: Clock) {
  const words = Object.fromEntries(Array.from({ length: COMMANDS }, (_, index) => [`web-${index + 1}`, 'bad']));
  const scene = await setSlackScene({ words, runbooks: ticketed(), clock, sandbox: { clock, rateLimits: true } });
  const dice = createDice(SEED);
  const commands: Promise<Done>[] = [];
  const clicks: Promise<Done>[] = [];
  /** Clicks, and sends the dialog that asks why; whether Slack said that the decision was heard. */
  const decideOn = async (user: string, found: SeenMessage, action: string): Promise<boolean> => {
    const { ok } = await scene.people.click(user, found, action);
    if (!ok || action !== 'proposal_reject') return ok;
    const [, id = ''] = /^Proposal (\d+-\d+)/.exec(found.text) ?? [];
    for (let look = 0; look < 10; look++) {
      const dialog = await scene.people.modal(user);
      if (dialog?.['callback_id'] === action && String(dialog['private_metadata']).includes(`"${id}"`))
        return (await scene.people.act('view-submit', { user, values: {} })).ok;
      await clock.sleep(1000);
    }
    return false;
  };
  /** Everybody decides at once, some of them twice, some for and some against. */
  const decide = async (ticket: number): Promise<void> => {
    const start = new RegExp(`^Proposal \\d+-1: [^\\n]* on web-${ticket}\\b`);
    for (let look = 0; look < 60; look++) {
      const found = (await scene.shown()).find(({ text }) => start.test(text));
      if (found) {
        const action = () => (dice.oneIn(3) ? 'proposal_reject' : 'proposal_approve');
        for (const user of [...APPROVERS, dice.pick(APPROVERS)])
          clicks.push(decideOn(user, found, action()).then((acked) => ({ ticket, acked })));
        return;
      }
      await clock.sleep(2000);
    }
  };
  const act = async (): Promise<void> => {
    const decisions: Promise<void>[] = [];
    for (let ticket = 1; ticket <= COMMANDS; ticket++) {
      const line = `/runbook run word on web-${ticket} ticket=${ticket}`;
      commands.push(scene.as('U0REQUESTER', line).then(({ ok }) => ({ ticket, acked: ok })));
      decisions.push(decide(ticket));
      await clock.sleep(TEN_MINUTES_MS / COMMANDS - 2000 + dice.below(4000));
    }
    await Promise.all(decisions);
  };
  return { ...scene, act, commands, clicks };
}

async function allRuns(scene: Awaited<ReturnType<typeof setChaos>>): Promise<readonly RunView[]> {
  const entries = await scene.engine.history({ limit: 100 });
  return Promise.all(entries.map(({ run }) => scene.engine.view(asRunId(run.id))));
}

describe('ten minutes of a Slack that drops, doubles, delays, limits and hangs up', { timeout: 150_000 }, () => {
  it('run no command twice, lose or double no decision, and end with true messages', async () => {
    const clock = createFastClock(FACTOR);
    const scene = await setChaos(clock);
    const enough = new AbortController();
    const trouble = misbehave(scene.people, { clock, seed: SEED, done: enough.signal });
    await scene.act();
    enough.abort();
    const mischief = await trouble;
    expect(mischief.size).toBeGreaterThan(6);

    const commands = await Promise.all(scene.commands);
    const clicks = await Promise.all(scene.clicks);
    const reading = async () => (await allRuns(scene)).filter(({ run }) => run.state === 'reading').length;
    await expect.poll(reading, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => scene.store.messages.outdated(100), { timeout: 40_000, interval: 200 }).toEqual([]);
    const runs = await allRuns(scene);

    const tickets = runs.map(({ run }) => run.params['ticket']);
    expect(new Set(tickets).size, 'no command ran twice').toBe(tickets.length);
    // Acknowledged and yet not run: then Slack could not say who asks, or who else reads along, and they were told so.
    const turnedAway = commands.filter(({ ticket, acked }) => acked && !tickets.includes(ticket)).length;
    const told = await scene.told('U0REQUESTER');
    const reasons = told.filter((text) =>
      /^Slack could not say (?:who you are|whether this channel is shared)/.test(text),
    );
    expect(reasons.length, `who was turned away was told: ${told.join('\n')}`).toBeGreaterThanOrEqual(turnedAway);
    expect(runs.length).toBeGreaterThan(COMMANDS / 3);

    const proposals = runs.flatMap(({ proposals: all }) => all);
    for (const { proposal, approvals, attempts } of proposals) {
      expect(approvals.length, `decisions on ${proposal.id}`).toBeLessThanOrEqual(1);
      const applied = scene.transport.calls.filter((call) => call === `${attempts[0]?.host} apply`).length;
      expect(applied, `applied for ${proposal.id}`).toBe(approvals[0]?.verdict === 'approve' ? 1 : 0);
      expect(proposal.state).toBe(
        { approve: 'proven', reject: 'rejected', none: 'open' }[approvals[0]?.verdict ?? 'none'],
      );
    }
    // Of four clicks on a proposal some may be denied or turned away; where all were heard, one of them decided.
    const heardBy = (ticket: number): number => clicks.filter((click) => click.ticket === ticket && click.acked).length;
    const decided = proposals.filter(({ approvals }) => approvals.length > 0);
    expect(decided.length).toBeGreaterThan(proposals.length / 2);
    for (const { run, proposals: own } of runs)
      if (own[0] && heardBy(Number(run.params['ticket'])) === 4) expect(own[0].proposal.state).not.toBe('open');

    const shown = await scene.shown();
    expect(shown).toHaveLength(runs.length + proposals.length);
    for (const { run } of runs)
      expect(shown.filter(({ text }) => text.startsWith(`Run ${run.id}: `))).toMatchObject([
        { text: expect.stringContaining('The word is bad') },
      ]);
    for (const view of proposals) {
      const [message, ...others] = shown.filter(({ text }) => text.startsWith(`Proposal ${view.proposal.id}: `));
      expect(others).toEqual([]);
      for (const sentence of changeSentences(view)) expect(message?.text).toContain(sentence);
    }
  });
});
