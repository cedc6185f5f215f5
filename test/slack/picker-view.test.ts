import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import type { Param } from '../../src/runbook/runbook.ts';
import { checkView } from '../../src/sandbox/blocks/check-blocks.ts';
import { LIMITS } from '../../src/slack/limits.ts';
import { parsePickerSubmission } from '../../src/slack/payload/picker.ts';
import { readSent } from '../../src/slack/picker.ts';
import { type PickerForm, shownForm, typedForm } from '../../src/slack/picker-form.ts';
import { renderPicker } from '../../src/slack/views/picker.ts';
import { runbookOption } from '../../src/slack/views/picker-names.ts';
import { hostileText, name } from '../helpers/hostile.ts';
import { libraryOf, testParam, testRunbook, WORD } from '../helpers/picker-scene.ts';
import { testHost } from '../helpers/sshd.ts';

/** A view may have at most 250 kB: docs.slack.dev/reference/methods/views.open, view_too_large. */
const VIEW_BYTES = 250_000;

const param: fc.Arbitrary<Param> = fc.record({
  name: fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/),
    fc.constant('p'.repeat(300)),
    fc.constantFrom('constructor', 'valueOf'),
  ),
  type: fc.constantFrom('integer', 'number'),
  default: fc.double({ noNaN: true, noDefaultInfinity: true }),
  min: fc.option(fc.integer(), { nil: undefined }),
  max: fc.option(fc.integer(), { nil: undefined }),
  unit: fc.option(hostileText, { nil: undefined }),
  help: hostileText,
});

const library = fc
  .uniqueArray(
    fc.record({
      name: fc.oneof({ arbitrary: name, weight: 9 }, { arbitrary: fc.constant('r'.repeat(400)), weight: 1 }),
      title: hostileText,
      description: hostileText,
      params: fc.uniqueArray(param, { maxLength: 60, selector: (each) => each.name }),
    }),
    { maxLength: 6, selector: (each) => each.name },
  )
  .map((books) => books.map((book) => ({ ...testRunbook(book.name), ...book })));

const inventory = fc
  .uniqueArray(fc.record({ name, groups: fc.array(name, { maxLength: 3 }), tags: fc.array(name, { maxLength: 3 }) }), {
    maxLength: 8,
    selector: (each) => each.name,
  })
  .map((hosts) => createInventory(hosts.map((host) => testHost({ ...host, name: asHostName(host.name) }))));

function expectAcceptable(view: unknown): void {
  expect(checkView(view, () => false)).toEqual([]);
  expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(VIEW_BYTES);
  for (const option of optionsIn(view)) expect(option.length).toBeLessThanOrEqual(LIMITS.optionValue);
}

/** The values of all options of selects. */
function optionsIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const own = 'value' in value && typeof value.value === 'string' ? [value.value] : [];
  return [...own, ...Object.values(value).flatMap(optionsIn)];
}

/** An input of the dialog, as far as Slack makes its state of it. */
interface Field {
  readonly type: string;
  readonly block_id: string;
  readonly element: {
    readonly action_id: string;
    readonly initial_value?: string;
    readonly initial_option?: { readonly value: string };
  };
}

/** The form as Slack sends it back when nobody touched it. */
function untouched(view: ReturnType<typeof renderPicker>) {
  const fields = (view.blocks as readonly unknown[] as readonly Field[]).filter(({ type }) => type === 'input');
  const values = Object.fromEntries(
    fields.map(({ block_id, element: { action_id, initial_value = null, initial_option = null } }) => [
      block_id,
      { [action_id]: { value: initial_value, selected_option: initial_option } },
    ]),
  );
  return parsePickerSubmission({
    type: 'view_submission',
    trigger_id: '1',
    user: { id: 'U1' },
    view: { id: 'V1', hash: 'h', private_metadata: view.private_metadata, state: { values } },
  });
}

describe('the picker', { timeout: 60_000 }, () => {
  it('is accepted by Slack whatever the library, the inventory and what was typed are', () => {
    fc.assert(
      fc.property(library, inventory, fc.array(hostileText, { maxLength: 4 }), fc.nat(5), (books, hosts, words, at) => {
        const deps = { runbooks: libraryOf(...books), inventory: hosts };
        const book = books[at % Math.max(1, books.length)];
        const given = book?.params.slice(0, 45).map((each) => `${each.name}=${words[0] ?? 1}`) ?? [];
        const form = typedForm(deps, [book?.name ?? '', ...words, ...given].join(' '), 'C1');
        const view = renderPicker({ ...deps, form, command: '/runbook' });
        expectAcceptable(view);
        const sent = books.length === 0 ? undefined : untouched(view);
        if (sent) expectAcceptable(renderPicker({ ...deps, form: shownForm(deps, sent.view), command: '/runbook' }));
      }),
      { numRuns: 120 },
    );
  });

  it('holds hundreds of runbooks and hosts, and the one that was typed is among them', () => {
    const books = Array.from({ length: 700 }, (_, n) => testRunbook(`${'r'.repeat(60)}-${n}`, testParam('interval')));
    const title = '漢'.repeat(80);
    const titled = books.map((book) => ({ ...book, title }));
    const names = Array.from({ length: 500 }, (_, n) => `${'h'.repeat(60)}-${n}`);
    const hosts = names.map((host, n) => testHost({ name: asHostName(host), groups: [`g-${n}`], tags: [`t-${n}`] }));
    const deps = { runbooks: libraryOf(...titled), inventory: createInventory(hosts) };
    const form = typedForm(deps, `${'r'.repeat(60)}-650 on all`, 'C1');
    const view = renderPicker({ ...deps, form, command: '/runbook' });
    expectAcceptable(view);
    const chosen = titled[650];
    expect(optionsIn(view)).toContain(chosen && runbookOption(chosen));
    expect(JSON.stringify(view)).toMatch(/There are 700: type to search\./);
    expect(JSON.stringify(view)).toMatch(/and 470 others \(500 hosts\)/);
  });

  it('that nobody touched asks for what was typed, or says again what is wrong with it', () => {
    const deps = { runbooks: libraryOf(WORD), inventory: createInventory([testHost({ name: asHostName('web-1') })]) };
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: -5, max: 99 })),
        fc.constantFrom('', 'web-1', 'web-9'),
        (value, hosts) => {
          const given = value === null ? '' : `interval=${value}`;
          const form = typedForm(deps, `word ${hosts} ${given}`, 'C1');
          const sent = untouched(renderPicker({ ...deps, form, command: '/runbook' }));
          const outcome = sent && readSent({ ...deps, command: '/runbook' }, sent);
          const right = hosts === 'web-1' && (value === null || (value >= 2 && value <= 60));
          expect(outcome?.kind).toBe(right ? 'ready' : 'not_yet');
          if (outcome?.kind !== 'ready') return;
          expect(outcome.form.hosts).toBe('web-1');
          expect(outcome.form.given.get('interval')).toBe(value === null || value === 10 ? undefined : String(value));
        },
      ),
    );
  });

  it('says that params which do not fit keep their defaults, and shows those that were given', () => {
    const params = Array.from({ length: 60 }, (_, n) => testParam(`p_${n}`));
    const deps = { runbooks: libraryOf(testRunbook('many', ...params)), inventory: createInventory([]) };
    const form: PickerForm = typedForm(deps, 'many p_59=7', 'C1');
    const view = renderPicker({ ...deps, form, command: '/runbook' });
    expectAcceptable(view);
    expect(JSON.stringify(view)).toMatch(/p_59: integer/);
    expect(JSON.stringify(view)).toMatch(/20 more params of many keep their defaults here/);
  });
});
