import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DropInSetting, dropInText } from '../../../src/remedies/sysctl/drop-in.ts';

const KEYS = ['net.ipv4.tcp_tw_reuse', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_max_tw_buckets'] as const;

const setting = fc.record({
  key: fc.constantFrom(...KEYS),
  value: fc.integer({ min: 0, max: 99_999 }).map(String),
  purpose: fc.constantFrom('ports that are kept', 'something else'),
});
const settings = fc.uniqueArray(setting, { minLength: 1, maxLength: 3, selector: ({ key }) => key });

/** Lines of others, which must never be touched; none of them sets one of the keys. */
const foreign = fc.oneof(
  fc.constantFrom(
    '# tcp_tw_reuse = 1 was tried in May',
    '; net.ipv4.tcp_tw_reuse = 0',
    'net.ipv4.tcp_tw_reuse_delay = 1000',
    'net.core.somaxconn=4096',
    '-net/ipv4/tcp_tw_recycle = 0',
    '# Change 3-1: what another change is for',
    'net.ipv4.tcp_fin_timeout = 60\r',
    '',
    '\t',
  ),
  fc.string({ maxLength: 30 }).filter((line) => !line.includes('\n') && !line.includes('net')),
);
const own = fc.record({
  key: fc.constantFrom(...KEYS),
  dash: fc.constantFrom('', '-', ' - '),
  slashes: fc.boolean(),
  named: fc.boolean(),
});

function ownLines({
  key,
  dash,
  slashes,
  named,
}: {
  key: string;
  dash: string;
  slashes: boolean;
  named: boolean;
}): string[] {
  const line = `${dash}${slashes ? key.replaceAll('.', '/') : key}= 7`;
  return named ? ['# Change 9-9: ports that are kept', line] : [line];
}

/** The lines that do not set one of the keys, without the lines that name the change of such a line. */
function others(text: string, wanted: readonly DropInSetting[]): string[] {
  const sets = (line: string | undefined) =>
    wanted.some(({ key }) =>
      (line ?? '')
        .replace(/^[\s-]*/, '')
        .replaceAll('/', '.')
        .startsWith(`${key}=`),
    ) || wanted.some(({ key }) => (line ?? '').startsWith(`${key} =`));
  const lines = text.split('\n');
  return lines.filter((line, index) => !sets(line) && !(line.startsWith('# Change ') && sets(lines[index + 1])));
}

function trimmed(lines: readonly string[]): string[] {
  const kept = [...lines];
  while (kept.at(-1)?.trim() === '') kept.pop();
  return kept;
}

describe('the drop-in of kernel settings', () => {
  it('begins with who wrote it, and names the change of each setting', () => {
    const wanted = [
      { key: KEYS[0], value: '1', purpose: 'first' },
      { key: KEYS[1], value: '10240 65535', purpose: 'second' },
    ];
    expect(dropInText(null, wanted, '41-1').split('\n').slice(1)).toEqual([
      '# Change 41-1: first',
      'net.ipv4.tcp_tw_reuse = 1',
      '# Change 41-1: second',
      'net.ipv4.ip_local_port_range = 10240 65535',
      '',
    ]);
  });

  it('keeps the settings of other remedies, each with its own change', () => {
    const first = dropInText(null, [{ key: KEYS[0], value: '1', purpose: 'first' }], '41-1');
    const both = dropInText(first, [{ key: KEYS[1], value: '10240 65535', purpose: 'second' }], '42-1');
    expect(both.startsWith(first)).toBe(true);
    expect(both).toContain('# Change 42-1: second\nnet.ipv4.ip_local_port_range = 10240 65535\n');
  });

  it('does not mistake a key that only begins alike', () => {
    const before = 'net.ipv4.tcp_tw_reuse_delay = 1000\n';
    expect(dropInText(before, [{ key: KEYS[0], value: '1', purpose: 'first' }], '41-1')).toContain(before);
  });

  it('keeps every line of others in order and byte for byte, whatever is there', () => {
    const part = fc.oneof(
      foreign.map((line) => [line]),
      own.map(ownLines),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), settings, (parts, wanted) => {
        const before = parts.flat().join('\n');
        const after = dropInText(before, wanted, '41-1');
        expect(trimmed(others(after, wanted))).toEqual(trimmed(others(before, wanted)));
        for (const { key, value } of wanted) {
          const set = after
            .split('\n')
            .filter((line) => /^[\s-]*net/.test(line) && others(line, [{ key, value, purpose: '' }]).length === 0);
          expect(set).toEqual([`${key} = ${value}`]);
        }
      }),
    );
  });

  it('is the same when it is written twice', () => {
    fc.assert(
      fc.property(fc.array(foreign, { maxLength: 8 }), settings, (lines, wanted) => {
        const once = dropInText(lines.join('\n'), wanted, '41-1');
        expect(dropInText(once, wanted, '41-1')).toBe(once);
      }),
    );
  });
});
