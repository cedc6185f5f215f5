import { describe, expect, it } from 'vitest';
import { createChannels } from '../../src/slack/channels.ts';
import { createMovedClock } from '../helpers/moved-clock.ts';

function channelsOf(...answers: unknown[]) {
  const asked: string[] = [];
  const clock = createMovedClock();
  const lookUp = async (channel: string): Promise<unknown> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(channel);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const channels = createChannels({ lookUp, clock });
  const refused = () => expect(channels.requireInternal('C1')).rejects;
  return { requireInternal: channels.requireInternal, refused, asked, clock };
}

const channel = (flags: Record<string, unknown>) => ({ ok: true, channel: { id: 'C1', ...flags } });
const INTERNAL = channel({ is_ext_shared: false, is_pending_ext_shared: false });
const platformError = (error: string) => Object.assign(new Error(error), { data: { ok: false, error } });

describe('a channel', () => {
  it('of this workspace alone lets things be done', async () => {
    await channelsOf(INTERNAL).requireInternal('C1');
  });

  it.each([
    ['is shared', channel({ is_ext_shared: true }), /shared with another organisation/],
    ['is about to be', channel({ is_ext_shared: false, is_pending_ext_shared: true }), /shared with another/],
    ['has invited others', channel({ is_ext_shared: false, pending_connected_team_ids: ['T2'] }), /shared with/],
    ['does not say', channel({}), /could not say/],
    ['is another one', { channel: { id: 'C2', is_ext_shared: false } }, /could not say/],
    ['is text', 'yes', /could not say/],
    ['is not answered about', new Error('timeout'), /could not say/],
    ['is hidden from the bot', platformError('channel_not_found'), /I do not see this channel/],
    ['may not be looked at', platformError('missing_scope'), /does not let me see/],
  ])('that %s does not', async (_what, answer, said) => {
    await channelsOf(answer)
      .refused()
      .toMatchObject({
        code: 'policy/not-permitted',
        message: expect.stringMatching(said),
        hint: expect.stringMatching(/direct messages with me|Try again/),
      });
  });

  it('that was ours is asked about again after half a minute, one that was not at once', async () => {
    const { requireInternal, refused, asked, clock } = channelsOf(INTERNAL, channel({ is_ext_shared: true }), INTERNAL);
    await requireInternal('C1');
    await requireInternal('C1');
    expect(asked).toHaveLength(1);
    clock.ahead(30_000);
    await refused().toMatchObject({ code: 'policy/not-permitted' });
    await requireInternal('C1');
    expect(asked).toHaveLength(3);
  });

  it('of direct messages is nobody else’s: Slack is not asked', async () => {
    const { requireInternal, asked } = channelsOf(new Error('not asked'));
    await requireInternal('D1');
    expect(asked).toEqual([]);
  });
});
