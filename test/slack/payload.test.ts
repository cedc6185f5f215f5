import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClick, parseProposalValue, parseRunValue } from '../../src/slack/payload/click.ts';
import { parseCommand } from '../../src/slack/payload/command.ts';

const DIGEST = 'ab'.repeat(32);

describe('payloads from Slack', () => {
  it('arbitrary JSON never throws and is never taken for a command or a click', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(parseCommand(body)).toBeUndefined();
        expect(parseClick(body)).toBeUndefined();
      }),
    );
  });

  it('a command without text is a command', () => {
    const body = { user_id: 'U1', team_id: 'T1', channel_id: 'C1', trigger_id: '1.2.3', command: '/runbook' };
    expect(parseCommand(body)).toEqual({ text: '', userId: 'U1', teamId: 'T1', channel: 'C1', delivery: '1.2.3' });
  });

  it('who clicked is the user of the payload; the team of the user counts before the team of the payload', () => {
    const body = {
      type: 'block_actions',
      trigger_id: '1.2.3',
      user: { id: 'U1', team_id: 'T2' },
      team: { id: 'T1' },
      channel: { id: 'C1' },
      actions: [{ action_id: 'proposal_approve', value: `1-1 ${DIGEST}`, user: { id: 'U9' } }],
    };
    expect(parseClick(body)).toMatchObject({ userId: 'U1', teamId: 'T2', action: 'proposal_approve' });
    expect(parseClick({ ...body, actions: [] })).toBeUndefined();
    expect(parseClick({ ...body, type: 'view_submission' })).toBeUndefined();
  });

  it('the value of a button is taken apart only when it has exactly the form that was given out', () => {
    expect(parseProposalValue(`41-1 ${DIGEST}`)).toEqual({ proposal: '41-1', digest: DIGEST });
    for (const value of [
      '',
      '41-1',
      `41-1 ${DIGEST} x`,
      `41-1 ${DIGEST.toUpperCase()}`,
      `x ${DIGEST}`,
      `41-1\n${DIGEST}`,
      `41-1 ${DIGEST}\n`,
    ]) {
      expect(parseProposalValue(value), value).toBeUndefined();
    }
    expect(parseRunValue('41')).toBe(41);
    for (const value of ['0', '-1', '1e3', '4 1', '', '9'.repeat(30)])
      expect(parseRunValue(value), value).toBeUndefined();
  });
});
