import { describe, expect, it } from 'vitest';
import { PROBES } from '../../src/probes/registry.ts';
import { REMEDIES } from '../../src/remedies/registry.ts';
import { RULES } from '../../src/rules/registry.ts';
import { createCatalogue } from '../../src/runbook/catalogue.ts';
import { checkRunbook } from '../../src/runbook/load.ts';

const catalogue = createCatalogue({ probes: PROBES, rules: RULES, remedies: REMEDIES });

const SOUND = `name: ports
title: Ports
description: Run it to see ports.
params:
  interval: { type: integer, default: 10, min: 2, max: 60, help: Seconds. }
steps:
  - probe: sockets
  - probe: sysctl
  - probe: nginx-config
  - probe: tcp-counters
    interval: $interval
rules:
  - rule: ephemeral-ports
    thresholds: { warning_share: 0.5 }
`;

function problemsOf(text: string, file = '/srv/ports.yaml'): string[] {
  const result = checkRunbook(file, text, catalogue);
  if (result.ok) return [];
  return result.problems.map(({ location, message, hint }) => {
    return `${location.line}:${location.column} ${message}${hint === undefined ? '' : ` | ${hint}`}`;
  });
}

/** The sound runbook with one line made another. */
function broken(line: string, by: string): string {
  if (!SOUND.includes(line)) throw new Error(`there is no ${line}`);
  return SOUND.replace(line, by);
}

describe('lint', () => {
  it('finds nothing in a sound runbook', () => {
    expect(problemsOf(SOUND)).toEqual([]);
  });

  it.each([
    [
      'a name that is not the name of the file',
      broken('name: ports', 'name: port'),
      ['1:7 the runbook is named "port" but its file is ports.yaml | Rename the file to port.yaml, or the runbook.'],
    ],
    [
      'an unknown probe',
      broken('probe: nginx-config', 'probe: nginx-confg'),
      ['9:12 unknown probe "nginx-confg" | Did you mean nginx-config?'],
    ],
    [
      'an unknown rule',
      broken('rule: ephemeral-ports', 'rule: ephemeral-port'),
      ['13:11 unknown rule "ephemeral-port" | Did you mean ephemeral-ports?'],
    ],
    [
      'an unknown threshold',
      broken('warning_share', 'warnings_share'),
      ['14:35 unknown threshold "warnings_share" | Did you mean warning_share?'],
    ],
    [
      'an unknown remedy',
      `${SOUND}offers:\n  - remedy: reserve-service-port\n    for: [ephemeral-ports]\n`,
      ['16:13 unknown remedy "reserve-service-port" | Did you mean reserve-service-ports?'],
    ],
    [
      'a param that is not declared',
      broken('interval: $interval', 'interval: $intervall'),
      [
        '5:13 param "interval" is not used | Use it as "$interval", or remove it.',
        '11:15 unknown param "intervall" | Did you mean interval?',
      ],
    ],
    [
      'a param that is not used',
      broken('    interval: $interval\n', ''),
      ['5:13 param "interval" is not used | Use it as "$interval", or remove it.'],
    ],
    [
      'a default outside its range',
      broken('default: 10', 'default: 61'),
      ['5:39 param "interval" has a default outside min and max | Choose a default between them.'],
    ],
    [
      'a default that is no integer',
      broken('default: 10', 'default: 2.5'),
      ['5:39 param "interval" is an integer but its default is 2.5 | Use a whole number, or type number.'],
    ],
    [
      'an interval of hours',
      broken('interval: $interval', 'interval: 86400').replace(/params:\n.*\n/, ''),
      ['9:15 the interval 86400 is not bound to 1 to 300 seconds | Choose a number from 1 to 300.'],
    ],
    [
      'an interval below zero',
      broken('interval: $interval', 'interval: -1').replace(/params:\n.*\n/, ''),
      ['9:15 the interval -1 is not bound to 1 to 300 seconds | Choose a number from 1 to 300.'],
    ],
    [
      'an interval by an unbound param',
      broken(', max: 60', ''),
      [
        '11:15 the param "interval" of an interval is not bound to 1 to 300 seconds | Give the param a min of at least 1 and a max of at most 300.',
      ],
    ],
    [
      'a rule whose probe is not asked',
      broken('  - probe: sysctl\n', ''),
      ['12:11 rule "ephemeral-ports" needs the probe "sysctl", which no step asks | Add "- probe: sysctl" to steps.'],
    ],
    [
      'an offer that answers a rule not used',
      `${`${SOUND}  - rule: service-port-in-range\n`.replace(
        '  - probe: sysctl\n',
        '  - probe: sysctl\n  - probe: listeners\n',
      )}offers:\n  - remedy: reserve-service-ports\n    for: [service-port-in-rang]\n`,
      expect.arrayContaining([
        `19:11 unknown rule of this runbook's "service-port-in-rang" | Did you mean service-port-in-range?`,
      ]),
    ],
    [
      'an offer that gives way to none before it',
      `${broken(
        '  - probe: sysctl\n',
        '  - probe: sysctl\n  - probe: listeners\n',
      )}offers:\n  - remedy: reserve-service-ports\n    for: [ephemeral-ports]\n    unless: [widen-port-range]\n`,
      expect.arrayContaining(['19:14 unknown earlier offer "widen-port-range" | There are none.']),
    ],
    [
      'a probe named twice',
      broken('  - probe: sysctl\n', '  - probe: sysctl\n  - probe: sysctl\n'),
      ['9:12 probe "sysctl" is there twice | Keep one of them.'],
    ],
    [
      'a rule named twice',
      `${SOUND}  - rule: ephemeral-ports\n`,
      ['15:11 rule "ephemeral-ports" is there twice | Keep one of them.'],
    ],
    [
      'a value that is neither number nor param',
      broken('interval: $interval', 'interval: interval'),
      ['11:15 "steps.3.interval": expected a number or "$param"'],
    ],
    [
      'a value of a wrong type',
      broken('interval: $interval', 'interval: [1]'),
      ['11:15 "steps.3.interval": expected a number or "$param"'],
    ],
    [
      'a near miss of a key',
      broken('steps:', 'stpes:'),
      ['1:1 "steps" is missing', '6:1 unknown key "stpes" | Did you mean steps?'],
    ],
    [
      'a bad name of a param',
      broken('  interval: {', '  Interval: {'),
      expect.arrayContaining([expect.stringMatching(/^5:3 "params.Interval": use lower-case letters/)]),
    ],
    [
      'broken YAML',
      broken('title: Ports', 'title: "Ports'),
      expect.arrayContaining([expect.stringMatching(/^\d+:\d+ /)]),
    ],
  ])('finds %s', (_what, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  it('finds a remedy named twice', () => {
    const offer = '  - remedy: reserve-service-ports\n    for: [ephemeral-ports]\n';
    const found = problemsOf(`${SOUND}offers:\n${offer}${offer}`);
    expect(found).toContainEqual(expect.stringMatching(/^18:13 remedy "reserve-service-ports" is there twice/));
  });

  it('finds everything at once, in the order of the file', () => {
    const text = SOUND.replace('name: ports', 'name: port')
      .replace('probe: nginx-config', 'probe: nginx-confg')
      .replace('warning_share', 'warnings_share');
    expect(problemsOf(text).map((problem) => problem.split(' ')[0])).toEqual(['1:7', '9:12', '14:35']);
  });
});
