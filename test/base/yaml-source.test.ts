import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OperatorError } from '../../src/base/error.ts';
import { parseYaml, unknownName, type YamlProblem } from '../../src/base/yaml-source.ts';

const Reference = z.union([z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })]);
const Menu = z.strictObject({
  name: z.string().min(1),
  kind: z.enum(['integer', 'number']).optional(),
  steps: z.array(z.strictObject({ probe: z.string(), interval: z.number().optional() })).min(1),
  params: z
    .record(z.string().regex(/^[a-z]+$/, 'use lower-case letters'), z.strictObject({ default: z.number() }))
    .optional(),
  token: Reference.optional(),
});
const ERRORS = { syntax: 'runbook/syntax', invalid: 'runbook/invalid' } as const;

function failureOf(text: string): OperatorError {
  try {
    parseYaml('menu.yaml', text, Menu, ERRORS);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

function problemsOf(text: string): string[] {
  const problems = failureOf(text).details['problems'] as YamlProblem[];
  return problems.map(({ location, message, hint }) => {
    return `${location.file}:${location.line}:${location.column} ${message}${hint === undefined ? '' : ` | ${hint}`}`;
  });
}

const SOUND = 'name: a\nsteps:\n  - probe: kernel\n';

describe('parseYaml', () => {
  it('gives the value and the place of each part', () => {
    const source = parseYaml('menu.yaml', SOUND, Menu, ERRORS);
    expect(source.value).toEqual({ name: 'a', steps: [{ probe: 'kernel' }] });
    expect(source.locate(['steps', 0, 'probe'])).toEqual({ file: 'menu.yaml', line: 3, column: 12 });
  });

  it('points to the parent when the part itself is absent', () => {
    const source = parseYaml('menu.yaml', SOUND, Menu, ERRORS);
    expect(source.locate(['steps', 0, 'interval'])).toMatchObject({ line: 3, column: 5 });
    expect(source.locate(['params', 'x'])).toMatchObject({ line: 1, column: 1 });
  });

  it.each([
    ['an unended quote', 'name: "a\n', /^menu\.yaml:2:1 missing closing "quote/],
    ['a tab as indentation', 'name: a\nsteps:\n\t- probe: b\n', /^menu\.yaml:3:1 /],
    ['a duplicate key', `${SOUND}name: b\n`, /^menu\.yaml:4:1 map keys must be unique/],
    ['two documents', `${SOUND}---\nname: b\n`, /^menu\.yaml:4:1 /],
    ['an unknown alias', 'name: a\nsteps: *nothing\n', /^menu\.yaml:2:8 unresolved alias.*nothing \| Set the anchor/],
  ])('reports %s as a mistake of syntax', (_what, text, expected) => {
    expect(failureOf(text).code).toBe('runbook/syntax');
    expect(problemsOf(text)[0]).toMatch(expected);
  });

  it('refuses an alias bomb instead of unfolding it', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`);
    const text = `l0: &l0 [a]\n${levels.join('\n')}\n`;
    expect(failureOf(text).code).toBe('runbook/syntax');
    expect(problemsOf(text)).toEqual(['menu.yaml:2:10 too many aliases | Write the repeated parts out.']);
  });

  it('does not hang on a list that contains itself', () => {
    expect(problemsOf('name: a\nsteps: &s [*s]\n').length).toBeGreaterThan(0);
  });

  it.each([
    [
      'a wrong type',
      'name: 5\nsteps:\n  - probe: a\n',
      ['menu.yaml:1:7 "name": invalid input: expected string, received number'],
    ],
    [
      'null for a text',
      'name:\nsteps:\n  - probe: a\n',
      ['menu.yaml:1:6 "name": invalid input: expected string, received null'],
    ],
    ['a missing key', 'steps:\n  - probe: a\n', ['menu.yaml:1:1 "name" is missing']],
    ['a missing key further in', 'name: a\nsteps:\n  - interval: 3\n', ['menu.yaml:3:5 "steps.0.probe" is missing']],
    ['an empty list', 'name: a\nsteps: []\n', ['menu.yaml:2:8 "steps": too small: expected array to have >=1 items']],
    ['a list instead of a map', '- a\n', ['menu.yaml:1:1 the file: invalid input: expected object, received array']],
    ['mere text', 'hello\n', ['menu.yaml:1:1 the file: invalid input: expected object, received string']],
    ['an empty file', '', ['menu.yaml:1:1 "name" is missing', 'menu.yaml:1:1 "steps" is missing']],
    ['a file of comments', '# nothing\n', ['menu.yaml:1:1 "name" is missing', 'menu.yaml:1:1 "steps" is missing']],
    [
      'a near miss of an option',
      `${SOUND}kind: intger\n`,
      ['menu.yaml:4:7 "kind": invalid option: expected one of "integer"|"number" | Did you mean integer?'],
    ],
    [
      'a bad name in a record',
      `${SOUND}params:\n  Ab: { default: 1 }\n`,
      ['menu.yaml:5:3 "params.Ab": use lower-case letters'],
    ],
  ])('reports %s with its place', (_what, text, expected) => {
    expect(failureOf(text).code).toBe('runbook/invalid');
    expect(problemsOf(text)).toEqual(expected);
  });

  it.each([
    [
      'at the top',
      'name: a\nstpes: []\nsteps:\n  - probe: a\n',
      'menu.yaml:2:1 unknown key "stpes" | Did you mean steps?',
    ],
    [
      'in a list',
      `${SOUND}    intervall: 3\n`,
      'menu.yaml:4:5 unknown key "intervall" in "steps.0" | Did you mean interval?',
    ],
    [
      'in a record',
      `${SOUND}params:\n  x: { defualt: 1, default: 1 }\n`,
      'menu.yaml:5:8 unknown key "defualt" in "params.x" | Did you mean default?',
    ],
    [
      'that resembles nothing',
      `${SOUND}zebra: 1\n`,
      'menu.yaml:4:1 unknown key "zebra" | Known: name, kind, steps, params, token.',
    ],
    ['that is a number', `${SOUND}7: 1\n`, 'menu.yaml:4:1 unknown key "7" | Known: name, kind, steps, params, token.'],
    [
      'in one of two shapes',
      `${SOUND}token: { file: x, fiel: y }\n`,
      'menu.yaml:4:19 unknown key "fiel" in "token" | Did you mean file?',
    ],
  ])('suggests a key for an unknown one %s', (_what, text, expected) => {
    expect(problemsOf(text)).toEqual([expected]);
  });

  it('suggests the keys of all shapes when none is recognized', () => {
    expect(problemsOf(`${SOUND}token: { evn: X }\n`)).toContain(
      'menu.yaml:4:10 unknown key "evn" in "token" | Did you mean env?',
    );
  });

  it('judges a value of several shapes by the one that was meant', () => {
    expect(problemsOf(`${SOUND}token: { file: 5 }\n`)).toEqual([
      'menu.yaml:4:16 "token.file": invalid input: expected string, received number',
    ]);
    expect(problemsOf(`${SOUND}token: 5\n`)).toEqual(['menu.yaml:4:8 "token": invalid input']);
  });

  it('throws the first problem of the file and keeps all of them', () => {
    const error = failureOf('zebra: 1\nname: 5\nsteps: []\n');
    expect(error.located).toMatch(/^menu\.yaml:1:1 unknown key "zebra" \(and 2 more\)$/);
    expect(error.details['problems']).toHaveLength(3);
  });
});

describe('unknownName', () => {
  const location = { file: 'a.yaml', line: 1, column: 1 };

  it('hints at near names, else at all', () => {
    expect(unknownName('probe', 'kernle', ['kernel', 'sockets'], location)).toEqual({
      message: 'unknown probe "kernle"',
      location,
      hint: 'Did you mean kernel?',
    });
    expect(unknownName('probe', 'zebra', ['kernel', 'sockets'], location).hint).toBe('Known: kernel, sockets.');
  });
});
