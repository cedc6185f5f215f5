import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { asHostName } from '../../src/base/ids.ts';
import { createInventory, type Inventory, inInventoryOrder } from '../../src/inventory/inventory.ts';
import { selectHosts } from '../../src/inventory/selector.ts';
import { testHost } from '../helpers/sshd.ts';

function inventoryOf(hosts: Readonly<Record<string, { groups?: string[]; tags?: string[] }>>): Inventory {
  return createInventory(
    Object.entries(hosts).map(([name, { groups = [], tags = [] }]) =>
      testHost({ name: asHostName(name), groups, tags }),
    ),
  );
}

const inventory = inventoryOf({
  'web-1': { groups: ['web', 'eu'], tags: ['nginx'] },
  'web-2': { groups: ['web'], tags: ['nginx', 'canary'] },
  'web-3': { groups: ['web'] },
  'db-1': { groups: ['db', 'eu'] },
  'web-1.example.com': {},
  plain: { groups: ['here'] },
});
const ALL = ['web-1', 'web-2', 'web-3', 'db-1', 'web-1.example.com', 'plain'];

function selected(selector: string, from: Inventory = inventory): string[] {
  return selectHosts(from, selector).map((host) => host.name);
}

function refusal(selector: string, from: Inventory = inventory): OperatorError {
  try {
    selected(selector, from);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error(`"${selector}" was accepted`);
}

describe('a selector', () => {
  it.each([
    ['a host', 'web-1', ['web-1']],
    ['a group', '@web', ['web-1', 'web-2', 'web-3']],
    ['a group in words', 'group:web', ['web-1', 'web-2', 'web-3']],
    ['a bare group', 'web', ['web-1', 'web-2', 'web-3']],
    ['a tag', 'tag:nginx', ['web-1', 'web-2']],
    ['a pattern', 'web-*', ['web-1', 'web-2', 'web-3', 'web-1.example.com']],
    ['a pattern with a middle', '*b-1', ['web-1', 'db-1']],
    ['everything', 'all', ALL],
    ['everything by pattern', '*', ALL],
    ['a list with commas', 'web-2,db-1', ['web-2', 'db-1']],
    ['a list with blanks', ' web-2   db-1 ', ['web-2', 'db-1']],
    ['a list with both', 'web-2, db-1', ['web-2', 'db-1']],
    ['overlapping terms, each host once', '@web web-1 tag:nginx', ['web-1', 'web-2', 'web-3']],
    ['terms out of order, in inventory order', 'db-1 web-1', ['web-1', 'db-1']],
    ['an exclusion', '@web !web-2', ['web-1', 'web-3']],
    ['an exclusion that comes first', '!web-2 @web', ['web-1', 'web-3']],
    ['an excluded group', 'all !@web !plain', ['db-1', 'web-1.example.com']],
    ['an excluded tag', '@web !tag:canary', ['web-1', 'web-3']],
    ['an excluded pattern', 'all !web-*', ['db-1', 'plain']],
    ['only exclusions', '!@web !plain', ['db-1', 'web-1.example.com']],
    ['a user group that Slack mangled', '<!subteam^S012AB|@web>', ['web-1', 'web-2', 'web-3']],
    ['a member that Slack mangled', '<@U012AB|web>', ['web-1', 'web-2', 'web-3']],
    ['a special mention', '<!here>', ['plain']],
    ['a special mention with a label', '<!here|@here>', ['plain']],
    ['a link that Slack made', '<http://web-1.example.com|web-1.example.com>', ['web-1.example.com']],
    ['a mangled exclusion', '@eu !<!subteam^S012AB|@web>', ['db-1']],
  ])('may be %s', (_what, selector, expected) => {
    expect(selected(selector)).toEqual(expected);
  });

  it('means the host where a host and a group have one name', () => {
    expect(selected('web', inventoryOf({ web: {}, 'web-1': { groups: ['web'] } }))).toEqual(['web']);
  });

  it.each([
    ['a host that is not there', 'wbe-1', 'unknown host "wbe-1"', /^Did you mean web-1 or /],
    ['a group that is not there', '@wbe', 'unknown group "@wbe"', 'Did you mean @web?'],
    ['a group in words', 'group:wbe', 'unknown group "group:wbe"', 'Did you mean @web?'],
    ['a bare group', 'wbe', 'unknown host "wbe"', 'Did you mean @web?'],
    ['a tag that is not there', 'tag:ngnix', 'unknown tag "tag:ngnix"', 'Did you mean tag:nginx?'],
    ['nothing like it', '@zebra', 'unknown group "@zebra"', 'Known: @db, @eu, @here, @web.'],
    ['a pattern without a match', 'app-*', 'no host matches "app-*"', 'No host has such a name.'],
    [
      'an excluded host that is not there',
      '@web !web-9',
      'unknown host "web-9"',
      'Did you mean web-1 or web-2 or web-3?',
    ],
    ['a property of every object', '__proto__', 'unknown host "__proto__"', /^Known: /],
  ])('with %s is refused with near matches', (_what, selector, message, hint) => {
    const error = refusal(selector);
    expect(error.code).toBe('request/unknown-host');
    expect(error.message).toBe(message);
    expect(error.hint).toMatch(hint);
  });

  it.each([
    ['', 'no hosts are named'],
    [' , ', 'no hosts are named'],
    ['@', '"@" names nothing'],
    ['tag:', '"tag:" names nothing'],
    ['web-1 !web-1', '"web-1 !web-1" leaves no host'],
    ['!all', '"!all" leaves no host'],
    ['<!subteam^S012AB>', /is a mention of Slack's/],
  ])('%j is refused with what to write', (selector, message) => {
    const error = refusal(selector);
    expect(error.code).toBe('request/invalid-selector');
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });

  it('for an empty inventory says so', () => {
    expect(refusal('all', createInventory([])).hint).toBe('The inventory is empty: add hosts to it.');
  });
});

describe('a pattern', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), minLength: 1, maxLength: 12 });
  const pattern = fc
    .string({ unit: fc.constantFrom('a', 'b', '-', '.', '*', '*'), maxLength: 10 })
    .map((text) => `${text.slice(0, 5)}*${text.slice(5)}`);

  it('matches as the regular expression with .* for each * does', () => {
    fc.assert(
      fc.property(letters, pattern, (name, wildcard) => {
        const oracle = new RegExp(
          `^${wildcard
            .split('*')
            .map((part) => part.replace(/[.-]/g, '\\$&'))
            .join('.*')}$`,
        );
        const from = inventoryOf({ [name]: {}, other_host: {} });
        const matches = oracle.test(name);
        let found: string[] = [];
        try {
          found = selected(wildcard, from);
        } catch (error) {
          if (!(error instanceof OperatorError)) throw error;
        }
        expect(found.includes(name)).toBe(matches);
      }),
      { numRuns: 3000 },
    );
  });

  it('cannot be made slow', () => {
    const from = inventoryOf({ [`${'a'.repeat(50_000)}b`]: {} });
    expect(() => selected(`${'*a'.repeat(20_000)}*c`, from)).toThrow(/no host matches/);
    expect(selected(`${'*a'.repeat(20_000)}*b`, from)).toHaveLength(1);
  });
});

describe('an inventory', () => {
  it('lists groups and tags once and in order, and hosts as they were written', () => {
    expect(inventory.groups).toEqual(['db', 'eu', 'here', 'web']);
    expect(inventory.tags).toEqual(['canary', 'nginx']);
    expect(inInventoryOrder(inventory, ['db-1', 'web-2', 'gone'].map(asHostName))).toEqual(['web-2', 'db-1']);
  });
});
