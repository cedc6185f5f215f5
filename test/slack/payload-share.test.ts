import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseShare } from '../../src/slack/payload/share.ts';

const chosen = (
  state: Record<string, unknown>,
  note: unknown = null,
  metadata: unknown = { run: 41, channel: 'C1' },
) => ({
  type: 'view_submission',
  trigger_id: 't1',
  user: { id: 'U1' },
  team: { id: 'T1' },
  view: {
    id: 'V1',
    private_metadata: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
    state: { values: { share_where: { share_channel: state }, share_why: { share_note: { value: note } } } },
  },
});

describe('a wish to share a run', () => {
  it('says who, which run, where to and why, whichever select the dialog has', () => {
    const share = { userId: 'U1', teamId: 'T1', delivery: 't1', dialog: 'V1', run: 41, channel: 'C1', target: 'C2' };
    expect(parseShare(chosen({ selected_conversation: 'C2' }, ' look '))).toEqual({ ...share, note: 'look' });
    expect(parseShare(chosen({ selected_channel: 'C2' }, '  '))).toEqual({ ...share, note: null });
    expect(parseShare(chosen({ selected_conversation: 'G2' }))).toMatchObject({ target: 'G2', note: null });
  });

  it.each([
    ['no channel', chosen({ selected_conversation: null })],
    ['direct messages', chosen({ selected_conversation: 'D2' })],
    ['a person', chosen({ selected_conversation: 'U2' })],
    ['what is no id', chosen({ selected_conversation: 'C2>|<!here' })],
    ['no run', chosen({ selected_conversation: 'C2' }, null, { channel: 'C1' })],
    ['a run of no number', chosen({ selected_conversation: 'C2' }, null, { run: '41', channel: null })],
    ['damaged metadata', chosen({ selected_conversation: 'C2' }, null, '{')],
  ])('with %s is none', (_what, body) => {
    expect(parseShare(body)).toBeUndefined();
  });

  it('is never made of anything else', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(parseShare(body)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});
