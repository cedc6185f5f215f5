import { describe, expect, it } from 'vitest';
import { DEFAULT_CHANNELS, DEFAULT_MEMBERS } from '../../src/sandbox/workspace/directory.ts';
import { type AppSceneInit, APPROVER, GUEST, REQUESTER, setAppScene } from '../helpers/slack-app-scene.ts';
import { SCENE_ALERTS } from '../helpers/slack-scene.ts';

const RUN = /^Run 1:/;
const PROPOSAL = /^Proposal 1-1:/;
const CHANNELS = [
  ...DEFAULT_CHANNELS,
  { id: 'C0PARTNER', name: 'partner', isExtShared: true },
  { id: 'C0FOREIGN', name: 'foreign', withoutBot: true },
];

async function finished(init: AppSceneInit = {}) {
  const scene = await setAppScene({ sandbox: { channels: CHANNELS }, ...init });
  await scene.as(REQUESTER, '/runbook run word on all');
  await scene.settled(1);
  const share = async (user: string, channel: string, note: string) => {
    await scene.click(user, RUN, 'run_share');
    await scene.dialog(user, /"callback_id":"run_share"/);
    const values = { share_where: { share_channel: channel }, share_why: { share_note: note } };
    return scene.people.act('view-submit', { user, values });
  };
  return { ...scene, share };
}

describe('a run that is shared', () => {
  it('is told of in the other channel once, with who shares it, why, what it found and where all of it is', async () => {
    const { share, people, message, shown, lastTold, audit } = await finished();
    await people.act('fault', { duplicates: 1 });
    await share(APPROVER, SCENE_ALERTS, 'do you see <!channel> this, too?');
    const posted = await message(/^Shared by bob/, SCENE_ALERTS);
    expect(posted.text).toMatch(/^Shared by bob: do you see &lt;!channel&gt; this, too\?\nRun 1: word on all/);
    expect(posted.text).toContain('Ran on 1 of 1 host.');
    expect(posted.text).toContain('CRITICAL The word is bad (web-1)');
    expect(posted.text).toContain('It waits for approval.');
    expect(JSON.stringify(posted.blocks)).toMatch(/"type":"link","url":"http/);
    await lastTold(APPROVER).toContain('Run 1 is shared in <#C0OPS>.');
    expect((await shown(SCENE_ALERTS)).filter(({ text }) => text.startsWith('Shared'))).toHaveLength(1);
    expect((await audit('run:1')).filter(([event]) => event === 'run.shared')).toEqual([['run.shared', 'bob', null]]);
  });

  it.each([
    ['that another organisation sees', 'C0PARTNER', /was not shared.*another organisation/],
    ['that the bot is not in', 'C0FOREIGN', /was not shared[\s\S]*\/invite/],
  ])('is not told of in a channel %s, and why is said in private', async (_what, channel, words) => {
    const { share, people, lastTold, audit } = await finished();
    await share(APPROVER, channel, '');
    await lastTold(APPROVER).toMatch(words);
    expect((await people.messages(channel, APPROVER)).filter(({ text }) => text.startsWith('Shared'))).toEqual([]);
    expect((await audit('run:1')).map(([event]) => event)).not.toContain('run.shared');
  });

  it('is not shared by a guest: the dialog says why and has nothing to send', async () => {
    const { click, dialog, audit } = await finished({ sandbox: { channels: CHANNELS, members: DEFAULT_MEMBERS } });
    await click(GUEST, RUN, 'run_share');
    expect(await dialog(GUEST, /Guests may not do this/)).toContain('"submit":null');
    expect(await audit('run:1')).toContainEqual(['identity.denied', 'slack:U0GUEST@T0SANDBOX', 'policy/not-permitted']);
  });
});

describe('what a run rests on', () => {
  it('is shown to one person: where the output is and how it begins, and the numbers behind a proposal', async () => {
    const { click, dialog, people } = await finished();
    await click(APPROVER, RUN, 'run_raw');
    const output = await dialog(APPROVER, /run-1\.txt in the thread/);
    expect(output).toContain('===== web-1 · kernel');
    expect(output).toContain('Open the message');
    await people.act('view-close', { user: APPROVER });
    await click(APPROVER, PROPOSAL, 'proposal_evidence');
    await dialog(APPROVER, /CRITICAL {2}The word is bad.*word: bad \(cat\)/);
  });
});

describe('hosts that did not answer', () => {
  it('are asked again alone', async () => {
    const { click, message, transport, engine, settled } = await finished({
      words: { 'web-1': 'bad', 'web-2': 'bad' },
    });
    expect(JSON.stringify((await message(RUN)).blocks)).not.toContain('run_failed');
    transport.host('web-2').failure = 'unreachable';
    await click(REQUESTER, RUN, 'run_again');
    await settled(2);
    const second = await message(/^Run 2:/);
    expect(second.text).toContain('Ran on 1 of 2 hosts; 1 unreachable: web-2.');
    expect(JSON.stringify(second.blocks)).toContain('Run again on web-2 only');
    delete transport.host('web-2').failure;
    await click(APPROVER, /^Run 2:/, 'run_failed');
    await settled(3);
    const [last] = await engine.history({ limit: 1 });
    expect([last?.run.selector, last?.run.requester, last?.hosts.length]).toEqual(['web-2', 'bob', 1]);
  });
});
