import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { parsePolicy, requireKnownNames } from '../../src/config/policy.ts';
import { shortDeadlines } from '../../src/engine/policy/deadlines.ts';
import { REMEDIES } from '../../src/remedies/registry.ts';
import { POLICY_HOSTS, POLICY_PEOPLE } from '../helpers/policy.ts';

const AROUND = { people: POLICY_PEOPLE, inventory: POLICY_HOSTS, expireAfterMs: 1_800_000 };
const parse = (text: string) => parsePolicy('policy.yaml', text, AROUND);

function problem(text: string) {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { code: error.code, located: error.located, hint: error.hint };
  }
}

describe('a policy file', () => {
  test('may be empty: then all is as without one, and proposals wait as long as the configuration says', () => {
    const { rules } = parse('');
    expect(rules).toMatchObject({ rules: [], freezes: [], breakGlass: undefined });
    expect(rules.otherwise).toMatchObject({
      approvals: 1,
      expireAfterMs: 1_800_000,
      run: ['run'],
      approve: ['approve'],
    });
  });

  test('is read with everything that it can hold', () => {
    const { rules, names } = parse(`
roles:
  leads: { people: [bob], slack_groups: [S0LEADS], unix_groups: [wheel] }
rules:
  - match: { runbooks: [time-wait], remedies: pool, risk: high, hosts: ["@web", "!web-2"], environments: [production] }
    approve: [leads]
    approvals: 2
    expire_after: 15m
    confirm: typed
    rollout: { batches: [1, 25%, 100%], unproven: undo, confirm_within: 90s, coverage: 75% }
freezes:
  - { name: nights, time_zone: UTC, weekly: { days: [fri, sat], from: "22:00", until: "06:00" } }
break_glass: { allow: [leads], channel: C0ALERTS }
`);
    expect(rules.rules[0]).toEqual({
      match: { runbooks: ['time-wait'], remedies: ['pool'], risks: ['high'], hosts: new Set(['web-1']) },
      terms: {
        run: ['run'],
        approve: ['leads'],
        approvals: 2,
        expireAfterMs: 900_000,
        typed: true,
        batches: [{ hosts: 1 }, { percent: 25 }, { percent: 100 }],
        unproven: 'undo',
        confirmWithinMs: 90_000,
        coverage: 0.75,
      },
    });
    expect(rules.roles.get('leads')).toEqual({
      people: new Set(['bob']),
      slackGroups: ['S0LEADS'],
      unixGroups: ['wheel'],
    });
    expect(rules.freezes[0]?.time).toMatchObject({ kind: 'weekly', days: [5, 6], until: { hour: 6, minute: 0 } });
    expect(rules.breakGlass).toEqual({ allow: ['leads'], channel: 'C0ALERTS' });
    expect(names.map(({ kind, name, location }) => `${kind} ${name} ${location.line}:${location.column}`)).toEqual([
      'runbook time-wait 5:25',
      'remedy pool 5:47',
    ]);
  });

  test.each([
    ['rulez: []', 'policy.yaml:1:1 unknown key "rulez"', 'Did you mean rules'],
    ['rules: [{ approve: [leed] }]\nroles: { lead: {} }', 'policy.yaml:1:21 unknown role "leed"', 'Did you mean lead?'],
    ['rules: [{ run: [aprove] }]', 'policy.yaml:1:17 unknown role "aprove"', 'Did you mean approve?'],
    ['roles: { a: { people: [bop] } }', 'policy.yaml:1:24 unknown person "bop"', 'Did you mean bob?'],
    ['rules: [{ match: { hosts: "@wbe" } }]', 'policy.yaml:1:27 unknown group "@wbe"', 'Did you mean @web?'],
    [
      'rules: [{ match: { environments: [prodution] } }]',
      'policy.yaml:1:35 unknown environment "prodution"',
      'Did you mean production?',
    ],
    ['rules: [{ expire_after: 5s }]', 'policy.yaml:1:25 "5s" is not a duration of at least one minute', /Write/],
    ['rules: [{ rollout: { confirm_within: 5 s } }]', /1:38 "5 s" is not a duration of at least 10 seconds/, /Write/],
    ['rules: [{ rollout: { coverage: 120% } }]', /1:32 .*expected a percentage such as 50%/, undefined],
    ['rules: [{ approvals: 0 }]', /1:22/, undefined],
    [
      'rules: [{ match: { risk: low }, run: [run] }]',
      /1:38 a rule about remedies or risk says nothing about running/,
      /./,
    ],
    ['roles: { a: { slack_groups: [sre] } }', /1:30 .*expected the id of a Slack user group/, undefined],
    [
      'freezes: [{ name: x, time_zone: Europe/Berlim, from: 2026-01-01T00:00, until: 2026-01-02T00:00 }]',
      'policy.yaml:1:33 "Europe/Berlim" is not a time zone',
      /Did you mean .*Europe\/Berlin/,
    ],
    ['freezes: [{ name: x, time_zone: UTC, from: 2026-01-01T00:00 }]', /a freeze has either "from:" and "until:"/, /./],
    ['freezes: [{ name: x, time_zone: UTC }]', /a freeze has either/, /./],
    [
      'freezes: [{ name: x, time_zone: UTC, from: 2026-02-30T00:00, until: 2026-03-02T00:00 }]',
      'policy.yaml:1:44 there is no 2026-02-30T00:00',
      /./,
    ],
    [
      'freezes: [{ name: x, time_zone: UTC, from: 2026-03-02T00:00, until: 2026-03-01T00:00 }]',
      'policy.yaml:1:69 the freeze ends before it begins',
      /./,
    ],
    [
      'freezes: [{ name: x, time_zone: UTC, weekly: { days: [fry], from: "1:00", until: "06:00" } }]',
      /1:55/,
      /Did you mean fri/,
    ],
    ['break_glass: { allow: [nobody], channel: C1 }', 'policy.yaml:1:24 unknown role "nobody"', /./],
    ['break_glass: { allow: [run], channel: "#alerts" }', /1:39 .*expected the id of a Slack channel/, undefined],
  ])('with a mistake is refused with its place: %s', (text, located, hint) => {
    const found = problem(text);
    expect(found?.code).toBe('config/invalid');
    if (typeof located === 'string') expect(found?.located).toContain(located);
    else expect(found?.located).toMatch(located);
    if (hint !== undefined) expect(found?.hint).toMatch(hint);
  });

  test('that names a runbook or a remedy which does not exist is refused: its rule would never count', () => {
    const { names } = parse('rules: [{ match: { runbooks: tme-wait, remedies: [pool] } }]');
    expect(() => requireKnownNames(names, { runbooks: ['time-wait'], remedies: ['pool'] })).toThrow(
      expect.objectContaining({
        located: 'policy.yaml:1:30 unknown runbook "tme-wait"',
        hint: 'Did you mean time-wait?',
      }),
    );
    expect(() => requireKnownNames(names, { runbooks: ['tme-wait'], remedies: [] })).toThrow('unknown remedy "pool"');
    expect(() => requireKnownNames(names, { runbooks: ['tme-wait'], remedies: ['pool'] })).not.toThrow();
  });

  test('that leaves less time to confirm than remedies need is told so with its place, and by how much', () => {
    const short = (rule: string) => shortDeadlines(parse(`rules:\n  - ${rule}`).deadlines, REMEDIES);
    expect(short('{ match: { remedies: reserve-service-ports }, rollout: { confirm_within: 61s } }')).toEqual([
      { at: 'policy.yaml:2:78', asked: '1 min 1 s', given: ['reserve-service-ports: 1 min 2 s'] },
    ]);
    expect(short('{ match: { remedies: reserve-service-ports }, rollout: { confirm_within: 62s } }')).toEqual([]);
    expect(short('{ rollout: { confirm_within: 75s } }')).toEqual([]);
    expect(short('{ rollout: { unproven: undo } }')).toEqual([]);
    const [low] = short('{ match: { risk: low }, rollout: { confirm_within: 10s } }');
    expect(low?.given).toContain('stop-time-wait-recycling: 1 min 15 s');
    expect(low?.given.join()).not.toContain('widen-port-range');
    expect(short('{ rollout: { confirm_within: 10s } }')[0]?.given.join()).not.toContain('more-destinations');
  });
});
