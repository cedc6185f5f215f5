import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import { parsePickerChoice, parsePickerSubmission } from '../../src/slack/payload/picker.ts';
import { afterChoice, readSent } from '../../src/slack/picker.ts';
import { runOf } from '../../src/slack/picker-form.ts';
import { FIELDS, libraryOf, WORD } from '../helpers/picker-scene.ts';
import { testHost } from '../helpers/sshd.ts';

/*
 * The view comes back from Slack, and nothing in it is authority: a run is checked as if it had been typed, who sent it is
 * the payload's user, and where it shows has to have the form of a channel.
 */

const DEPS = {
  runbooks: libraryOf(WORD),
  inventory: createInventory([testHost({ name: asHostName('web-1') })]),
  command: '/runbook',
};
const METADATA = { channel: 'C0INCIDENTS', shown: 'word', given: [] as [string, string][] };
const VALUES = {
  [FIELDS.runbook]: { picker_runbook: { selected_option: { value: 'word' } } },
  [FIELDS.hosts]: { picker_hosts: { value: 'web-1' } },
  [FIELDS.interval]: { picker_param: { value: '5' } },
};

/** A picker that was sent, with what somebody changed in it. */
function sent(metadata: unknown, values: unknown = VALUES, more: Record<string, unknown> = {}) {
  const text = typeof metadata === 'string' ? metadata : JSON.stringify(metadata);
  const view = { id: 'V1', hash: 'h', private_metadata: text, state: { values } };
  const user = { id: 'U1', team_id: 'T1' };
  return { type: 'view_submission', trigger_id: '1.2', user, team: { id: 'T9' }, view, ...more };
}

/** What comes of it. */
function outcome(body: unknown): string {
  const submission = parsePickerSubmission(body);
  if (!submission) return 'not a picker';
  const { kind, ...rest } = readSent(DEPS, submission);
  return kind === 'ready' ? kind : JSON.stringify(rest);
}

describe('a picker that somebody edited', () => {
  it('is read when it was not, so that the others fail for what was edited', () => {
    expect(outcome(sent(METADATA))).toBe('ready');
    expect(parsePickerSubmission(sent(METADATA))).toMatchObject({ userId: 'U1', teamId: 'T1', delivery: '1.2' });
  });

  it.each<[string, unknown]>([
    ['no channel', { ...METADATA, channel: null }],
    ['a person for a channel', { ...METADATA, channel: 'U0APPROVER' }],
    ['a channel by name', { ...METADATA, channel: '#general' }],
    ['a long text for a channel', { ...METADATA, channel: `C${'A'.repeat(300)}` }],
    ['params that are no pairs', { ...METADATA, given: { interval: '5' } }],
    ['garbage', '{"channel":'],
    ['nothing', ''],
  ])('to carry %s is not taken for one', (_what, metadata) => {
    expect(outcome(sent(metadata))).toBe('not a picker');
  });

  it('to name a runbook, hosts or params that are not there runs nothing', () => {
    const runbook = { ...VALUES, [FIELDS.runbook]: { picker_runbook: { selected_option: { value: 'rm' } } } };
    expect(outcome(sent(METADATA, runbook))).toMatch(/errors.*not there any more/);
    const hosts = { ...VALUES, [FIELDS.hosts]: { picker_hosts: { value: 'db-1' } } };
    expect(outcome(sent(METADATA, hosts))).toMatch(/errors.*Unknown host/);
    const param = { ...VALUES, [FIELDS.interval]: { picker_param: { value: '5; rm' } } };
    expect(outcome(sent(METADATA, param))).toMatch(/errors.*whole number/);
    expect(outcome(sent({ ...METADATA, given: [['depth', '$(rm)']] }))).toMatch(/errors.*depth must be a whole number/);
  });

  it('to hold params of nobody leaves them behind', () => {
    const given = [
      ['__proto__', '1'],
      ['constructor', '2'],
      ['person', 'cem'],
    ];
    const submission = parsePickerSubmission(sent({ ...METADATA, given }));
    const read = submission && readSent(DEPS, submission);
    if (read?.kind !== 'ready') expect.fail('it is ready');
    expect(runOf(read.form)).toEqual({ runbook: 'word', selector: 'web-1', params: { interval: '5' } });
  });

  it('in any way never throws', () => {
    const field = fc.oneof(
      fc.constantFrom(...Object.values(FIELDS), 'picker_hosts:x', 'picker_hosts:1e99'),
      fc.string(),
    );
    const values = fc.dictionary(field, fc.dictionary(fc.string(), fc.record({ value: fc.option(fc.string()) })));
    const metadata = fc.record({
      channel: fc.constant('C1'),
      shown: fc.constantFrom('word', 'x'),
      given: fc.array(fc.tuple(fc.constantFrom('interval', '__proto__'), fc.string())),
    });
    fc.assert(
      fc.property(metadata, values, fc.string(), (carried, entered, chosen) => {
        outcome(sent(carried, entered));
        const actions = [{ action_id: 'picker_add', selected_option: { value: chosen } }];
        const choice = parsePickerChoice(sent(carried, entered, { type: 'block_actions', actions }));
        expect(choice && afterChoice(DEPS, choice).type).toBe('modal');
      }),
    );
  });

  it('is not taken for one when it is arbitrary JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect([parsePickerChoice(body), parsePickerSubmission(body)]).toEqual([undefined, undefined]);
      }),
    );
  });
});
