import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { quote } from '../../src/base/command.ts';
import { applyCommand } from '../../src/engine/receipt.ts';
import type { ChangeAction, Splice } from '../../src/remedies/remedy.ts';
import {
  createReceiptHost,
  editAction,
  newAttempt,
  RECEIPTS,
  type ReceiptHost,
  SHELLS,
} from '../helpers/receipt-host.ts';

const CONFIG = 'upstream app {\n  server 127.0.0.1:8080;\n}\n';
const POOL: Splice = { at: 40, remove: 0, insert: '  keepalive 32;\n' };
const POOLED = 'upstream app {\n  server 127.0.0.1:8080;\n  keepalive 32;\n}\n';
const ALL_BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));

describe.each(SHELLS)('an edit under a receipt kept by %s', (shell) => {
  let receipts: ReceiptHost;
  let target: string;

  beforeEach(async () => {
    receipts = await createReceiptHost(shell);
    target = join(receipts.etc, 'app.conf');
    writeFileSync(target, CONFIG);
  });
  afterEach(() => receipts[Symbol.asyncDispose]());

  const bytes = () => readFileSync(target, 'latin1');
  const names = () => readdirSync(receipts.etc).sort();

  test.each<[what: string, before: string, splices: readonly Splice[], after: string]>([
    ['an insertion in the middle', CONFIG, [POOL], POOLED],
    ['an insertion at the beginning', 'a;\n', [{ at: 0, remove: 0, insert: 'b;\n' }], 'b;\na;\n'],
    ['an insertion at the end', 'a;\n', [{ at: 3, remove: 0, insert: 'b;' }], 'a;\nb;'],
    ['an insertion into an empty file', '', [{ at: 0, remove: 0, insert: 'a;\n' }], 'a;\n'],
    ['a removal of everything', 'a;\n', [{ at: 0, remove: 3, insert: '' }], ''],
    ['a replacement by something of the same length', 'a 1;\n', [{ at: 2, remove: 1, insert: '2' }], 'a 2;\n'],
    ['CRLF', 'a;\r\nb;\r\n', [{ at: 4, remove: 0, insert: 'x;\r\n' }], 'a;\r\nx;\r\nb;\r\n'],
    ['no newline at the end', 'a;\nb', [{ at: 3, remove: 1, insert: 'c' }], 'a;\nc'],
    [
      'bytes that are not UTF-8',
      '# caf\xe9 \xff\xfe\n',
      [{ at: 2, remove: 0, insert: '\xe9\x80' }],
      '# \xe9\x80caf\xe9 \xff\xfe\n',
    ],
    [
      'every byte there is',
      ALL_BYTES,
      [{ at: 128, remove: 0, insert: ALL_BYTES }],
      ALL_BYTES.slice(0, 128) + ALL_BYTES + ALL_BYTES.slice(128),
    ],
    [
      'text that a shell or printf would read',
      'x\n',
      [{ at: 0, remove: 1, insert: `'"$HOME\`id\` %s%% \\n\\c\\0101 -e: :\\` }],
      `'"$HOME\`id\` %s%% \\n\\c\\0101 -e: :\\\n`,
    ],
    [
      'several splices, two of them touching',
      'abcdefgh',
      [
        { at: 0, remove: 1, insert: '1' },
        { at: 2, remove: 2, insert: '' },
        { at: 4, remove: 0, insert: '  \n\t:' },
        { at: 8, remove: 0, insert: '.' },
      ],
      '1b  \n\t:efgh.',
    ],
  ])('makes and takes back %s', async (_what, before, splices, after) => {
    writeFileSync(target, before, 'latin1');
    const id = newAttempt();
    const actions = [editAction(target, splices)];
    expect(await receipts.apply(id, actions)).toMatchObject({ state: 'done' });
    expect(bytes()).toBe(after);
    expect(await receipts.undo(id, actions)).toMatchObject({ state: 'done' });
    expect([bytes(), names()]).toEqual([before, ['app.conf']]);
  });

  test('keeps owner and mode, there and back', async () => {
    chmodSync(target, 0o2640);
    chownSync(target, 33, 42);
    chmodSync(target, 0o2640);
    const attributes = () => [statSync(target).mode & 0o7777, statSync(target).uid, statSync(target).gid];
    const before = attributes();
    const id = newAttempt();
    const actions = [editAction(target, [POOL])];
    expect(await receipts.apply(id, actions)).toMatchObject({ state: 'done' });
    expect([bytes(), ...attributes()]).toEqual([POOLED, ...before]);
    expect(await receipts.undo(id, actions)).toMatchObject({ state: 'done' });
    expect([bytes(), ...attributes()]).toEqual([CONFIG, ...before]);
    expect(before).toEqual([0o2640, 33, 42]);
  });

  test('keeps the pre-image from other users of the host', async () => {
    const id = newAttempt();
    await receipts.apply(id, [editAction(target, [POOL])]);
    expect(await receipts.sh(`stat -c '%a %a' ${RECEIPTS}/$1 ${RECEIPTS}/$1/pre/1`, id)).toBe('700 700\n600 600\n');
  });

  test('is not made in a file with another digest, and nothing before it is', async () => {
    const other = join(receipts.etc, 'other.conf');
    writeFileSync(other, CONFIG);
    const actions = [editAction(other, [POOL]), editAction(target, [POOL])];
    writeFileSync(target, `${CONFIG}# by hand\n`);
    const given = await receipts.apply(newAttempt(), actions);
    expect(given).toMatchObject({ state: 'drifted', output: expect.stringContaining('nothing was changed') });
    expect(given.output).toContain(`${target} is not as it was when the change was approved`);
    expect([bytes(), readFileSync(other, 'utf8'), names()]).toEqual([
      `${CONFIG}# by hand\n`,
      CONFIG,
      ['app.conf', 'other.conf'],
    ]);
    expect(receipts.host.sudoRan()).toEqual([]);
  });

  test('is not taken back from a file that somebody changed since', async () => {
    const id = newAttempt();
    const actions = [editAction(target, [POOL])];
    await receipts.apply(id, actions);
    writeFileSync(target, `${POOLED}# by hand\n`);
    expect(await receipts.undo(id, actions)).toMatchObject({
      state: 'drifted',
      output: expect.stringContaining('was changed by somebody since; it was left alone'),
    });
    expect(bytes()).toBe(`${POOLED}# by hand\n`);
  });

  test("does not overwrite an operator's edit that comes between the look and the write", async () => {
    const id = newAttempt();
    const first = join(receipts.etc, 'a.conf');
    writeFileSync(first, CONFIG);
    const actions = [editAction(first, [POOL]), editAction(target, [POOL])];
    receipts.host.delay('mv*/a.conf', 2);
    const applying = receipts.apply(id, actions);
    await expect.poll(() => names(), { timeout: 10_000 }).toContain('.app.conf.new');
    await expect.poll(() => receipts.host.pidsWith('sleep\u00002').length, { timeout: 10_000 }).toBeGreaterThan(0);
    writeFileSync(target, 'by hand\n');
    const given = await applying;
    expect(given).toMatchObject({ state: 'drifted', output: expect.stringContaining('everything was restored') });
    expect([bytes(), readFileSync(first, 'utf8'), names()]).toEqual(['by hand\n', CONFIG, ['a.conf', 'app.conf']]);
  });

  test.each<[what: string, words: string, arrange: (path: string) => string]>([
    [
      'a symbolic link',
      'is a symbolic link',
      (path) => {
        symlinkSync(path, `${path}.link`);
        return `${path}.link`;
      },
    ],
    [
      'reached through a symbolic link',
      'is reached through a symbolic link',
      (path) => {
        symlinkSync('.', join(path, '../here'));
        return path.replace(/\/app\.conf$/, '/here/app.conf');
      },
    ],
    [
      'known by a second name',
      'has 2 names (hard links)',
      (path) => {
        linkSync(path, `${path}.second`);
        return path;
      },
    ],
    [
      'a folder',
      'is not a regular file',
      (path) => {
        mkdirSync(`${path}.d`);
        return `${path}.d`;
      },
    ],
  ])('refuses a file that is %s', async (_what, words, arrange) => {
    const sha256 = editAction(target, []);
    const path = arrange(target);
    const given = await receipts.apply(newAttempt(), [{ ...sha256, path } as ChangeAction]);
    expect(given).toMatchObject({
      state: 'failed',
      output: `${path} ${words}${given.output.slice(path.length + 1 + words.length)}`,
    });
    expect(given.output).toMatch(/nothing was changed$/);
    expect([bytes(), receipts.host.sudoRan()]).toEqual([CONFIG, []]);
  });

  test('changes nothing below a folder that is mounted read-only', async () => {
    await receipts.sh('mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"', receipts.etc);
    const given = await receipts.apply(newAttempt(), [editAction(target, [POOL])]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(/Read-only file system[\s\S]*nothing was changed$/);
    expect([bytes(), names()]).toEqual([CONFIG, ['app.conf']]);
  });

  test('changes nothing when the disk of the target is full', async () => {
    await receipts.sh(
      'mount -t tmpfs -o size=12k none "$1" && printf "%s" "$2" >"$1/app.conf" && head -c 8192 /dev/zero >"$1/filler"',
      receipts.etc,
      CONFIG,
    );
    const given = await receipts.apply(newAttempt(), [editAction(target, [POOL])]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(/No space left on device[\s\S]*nothing was changed$/);
    expect(await receipts.sh('cat "$1/app.conf"; ls -A "$1"', receipts.etc)).toBe(`${CONFIG}app.conf\nfiller\n`);
  });

  test('changes nothing when the disk of the receipts has no room for the pre-image', async () => {
    const large = 'x'.repeat(200_000);
    writeFileSync(target, large);
    await receipts.sh('mount -t tmpfs -o size=128k none /var/lib/countersign');
    const given = await receipts.apply(newAttempt(), [editAction(target, [POOL])]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(/nothing was changed$/);
    expect([bytes(), receipts.host.sudoRan()]).toEqual([large, []]);
  });

  test('starts nothing when the disk of the receipts is full', async () => {
    await receipts.sh('mount -t tmpfs -o size=8k none /var/lib/countersign');
    const { argv } = applyCommand(newAttempt(), [editAction(target, [POOL])], { confirmWithinSeconds: 0 });
    const ran = await receipts.host.run(argv);
    expect(ran).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('is the disk full?') });
    expect([bytes(), await receipts.sh('ls -A /var/lib/countersign/attempts')]).toEqual([CONFIG, '']);
  });

  test.each(['cp*', 'tee*'])('changes nothing when sudo refuses %s', async (pattern) => {
    receipts.host.refuse(pattern);
    const given = await receipts.apply(newAttempt(), [editAction(target, [POOL])]);
    expect(given).toMatchObject({ state: 'failed' });
    expect(given.output).toMatch(/a password is required[\s\S]*nothing was changed$/);
    expect([bytes(), names()]).toEqual([CONFIG, ['app.conf']]);
  });

  test('restores the first file when sudo refuses to move the second', async () => {
    const second = join(receipts.etc, 'second.conf');
    writeFileSync(second, CONFIG);
    receipts.host.refuse('mv*second*');
    const given = await receipts.apply(newAttempt(), [editAction(target, [POOL]), editAction(second, [POOL])]);
    expect(given).toMatchObject({ state: 'failed', output: expect.stringContaining('everything was restored') });
    expect([bytes(), readFileSync(second, 'utf8'), names()]).toEqual([CONFIG, CONFIG, ['app.conf', 'second.conf']]);
  });

  test('replaces what a killed attempt left beside the target, and does not follow a link there', async () => {
    const other = join(receipts.etc, 'other');
    writeFileSync(other, 'mine\n');
    symlinkSync(other, join(receipts.etc, '.app.conf.new'));
    expect(await receipts.apply(newAttempt(), [editAction(target, [POOL])])).toMatchObject({ state: 'done' });
    expect([bytes(), readFileSync(other, 'utf8'), names()]).toEqual([POOLED, 'mine\n', ['app.conf', 'other']]);
  });

  test('fits into one command line up to 40 KB', async () => {
    const insert = `${"  set $name 'quoted \\\\ text';\n".repeat(1_400)}`;
    const action = editAction(target, [{ at: 40, remove: 0, insert }]);
    const command = applyCommand(newAttempt(), [action], { confirmWithinSeconds: 120 });
    expect(insert.length).toBeGreaterThan(39_000);
    expect(Buffer.byteLength(command.argv.map(quote).join(' '))).toBeLessThan(120 * 1024);
    expect(await receipts.apply(newAttempt(), [action])).toMatchObject({ state: 'done' });
    expect(bytes()).toBe(CONFIG.slice(0, 40) + insert + CONFIG.slice(40));
  });
});

describe('an edit as words', () => {
  const words = (splices: readonly Splice[]) =>
    applyCommand(newAttempt(), [{ kind: 'edit', path: '/etc/x', sha256: '0', splices, shown: [] }], {
      confirmWithinSeconds: 0,
    }).argv.at(-2);

  test('names its growth, then each splice with every byte that is not plain text as octal', () => {
    expect(words([POOL, { at: 42, remove: 3, insert: '\\\t\xff' }])).toBe(
      '16\n40:0:  keepalive 32;\\n.\n42:3:\\0134\\0011\\0377.',
    );
  });

  test('cannot be made of splices that overlap or hold more than bytes', () => {
    expect(() =>
      words([
        { at: 4, remove: 2, insert: '' },
        { at: 5, remove: 0, insert: 'x' },
      ]),
    ).toThrow(RangeError);
    expect(() => words([{ at: 0, remove: 0, insert: '→' }])).toThrow('not one byte');
  });
});
