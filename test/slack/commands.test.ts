import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { asHostName } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { answerCommand } from '../../src/slack/commands.ts';
import type { LiveClient, Shown } from '../../src/slack/live-client.ts';
import { createNotifier } from '../../src/slack/notifier.ts';
import { ADA, createTestStore, wordContext } from '../helpers/engine.ts';
import { testHost } from '../helpers/sshd.ts';
import { createWordTransport } from '../helpers/word-hosts.ts';

/** A Slack that answers every post with this. */
function slackThat(answer: Shown): LiveClient {
  return {
    post: async () => answer,
    update: async () => answer,
    upload: async () => answer,
    findMessage: async () => ({ kind: 'absent' }),
    findFile: async () => ({ kind: 'absent' }),
  };
}

/** What a person is told who types this in a channel of such a Slack. */
function arrange(answer: Shown) {
  const stores = createTestStore();
  const hosts = [testHost({ name: asHostName('web-1') })];
  const transport = createWordTransport({ 'web-1': 'bad' });
  const context = wordContext({ store: stores.store, transport, hosts }, { path: '/word' });
  const engine = createEngine(context);
  let waited = 0;
  const clock = {
    ...systemClock,
    monotonicMs: () => waited,
    sleep: async (ms: number) => {
      waited += ms;
    },
  };
  const { inventory, runbooks, policy } = context;
  const { messages } = stores.store;
  const live = slackThat(answer);
  const command = '/runbook';
  const parts = { engine, messages, policy, runbooks, live, clock, command };
  const notifier = createNotifier({ ...parts, logger: silentLogger, pollMs: 5 });
  onTestFinished(async () => {
    await notifier[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    await stores[Symbol.asyncDispose]();
  });
  const deps = { engine, policy, inventory, runbooks, notifier, command, clock, now: () => systemClock.now() };
  const dialog = { open: async () => 'V1', update: async () => {} };
  const tell = async () => {};
  const typed = { channel: 'C1', dialog, tell, asker: async () => ADA, zoneOffsetMinutes: async () => undefined };
  return { told: (text: string) => answerCommand(deps, text, typed), engine };
}

describe('a run in a channel', () => {
  it('that the bot is not in is told to the person who asked, with what to do; the run is kept', async () => {
    const { told, engine } = arrange({ kind: 'refused', error: 'not_in_channel' });
    await expect(told('run word on web-1')).rejects.toMatchObject({
      message: 'run 1 has started, but I cannot post here (not_in_channel)',
      hint: expect.stringContaining('/runbook status 1'),
    });
    expect(await engine.history({ limit: 5 })).toHaveLength(1);
    expect((await told('status 1'))?.text).toMatch(/^Run 1: word on web-1/);
  });

  it('that Slack is slow to show is told to the person who asked', async () => {
    const { told } = arrange({ kind: 'later', afterMs: 30_000 });
    expect((await told('run word on web-1'))?.text).toMatch(/^Run 1 has started\. .*\/runbook status 1/);
  });
});
