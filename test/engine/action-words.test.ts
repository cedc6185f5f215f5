import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitOneCommand } from '../../src/engine/receipt/action-words.ts';
import { applyCommand, undoCommand, undoReceipt } from '../../src/engine/receipt.ts';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import { hostLine, scriptWord } from '../../src/ssh/host-line.ts';
import { newAttempt } from '../helpers/receipt-host.ts';

test('whatever is said to fit one command to a host does, applied or undone, and hundreds of edits do', () => {
  const edit = (insert: string, times: number): ChangeAction => ({
    kind: 'edit',
    path: '/etc/nginx/conf.d/app.conf',
    sha256: 'a'.repeat(64),
    splices: Array.from({ length: times }, (_, index) => ({ at: 100_000 + index, remove: 0, insert })),
    shown: [],
  });
  const sent = ({ argv }: { readonly argv: readonly string[] }) =>
    hostLine([`COUNTERSIGN=${'x'.repeat(60)}`, `exec ${argv.map(scriptWord).join(' ')} </dev/null`]);
  const inserts = fc.constantFrom(
    `'`,
    '\\',
    '!',
    '\n',
    ' ',
    'x',
    `'\\!\n`,

    '\u00ff',
    'proxy_http_version 1.1;\n',
  );
  fc.assert(
    fc.property(inserts, fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 40 }), (text, times, long) => {
      const actions = [edit(text.repeat(long), times)];
      if (!fitOneCommand(actions)) return;
      const attempt = newAttempt();
      sent(applyCommand(attempt, actions, { confirmWithinSeconds: 120 }));
      sent(undoCommand(undoReceipt(attempt, 1), actions, { wasApplied: true }));
    }),
    { numRuns: 300 },
  );
  expect(fitOneCommand([edit('    proxy_http_version 1.1;\n    proxy_set_header Connection "";\n', 500)])).toBe(true);
  expect(fitOneCommand([edit('x'.repeat(100), 1000)])).toBe(false);
});
