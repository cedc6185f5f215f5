import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCapture } from '../../src/ssh/capture.ts';

function captured(capBytes: number, chunks: readonly Uint8Array[]) {
  const capture = createCapture(capBytes);
  for (const chunk of chunks) {
    capture.append(chunk);
    expect(capture.retainedBytes()).toBeLessThanOrEqual(capBytes);
  }
  return capture.finish();
}

/** What the mark in the middle stands for, and the text around it. */
function parts(text: string) {
  const [, head = '', dropped = '', tail = ''] = /^([\s\S]*)\n\[… (\d+) bytes dropped …\]\n([\s\S]*)$/.exec(text) ?? [];
  return { head, dropped: Number(dropped), tail };
}

describe('a capture', () => {
  test('gives back what fits, unchanged', () => {
    expect(captured(10, [Buffer.from('abc'), Buffer.from('defghij')])).toEqual({ text: 'abcdefghij', droppedBytes: 0 });
  });

  test('gives back nothing for nothing', () => {
    expect(captured(10, [])).toEqual({ text: '', droppedBytes: 0 });
  });

  test('cuts between lines, so that no half number is read', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `${1000 + index}\n`).join('');
    const { text, droppedBytes } = captured(48, [Buffer.from(lines)]);
    expect(parts(text)).toEqual({
      head: '1000\n1001\n1002\n1003\n',
      dropped: 500 - 40,
      tail: '1096\n1097\n1098\n1099\n',
    });
    expect(droppedBytes).toBe(460);
  });

  test('cuts between characters when there is no line to cut at', () => {
    const { text, droppedBytes } = captured(20, [Buffer.from('a€'.repeat(100))]);
    const { head, dropped, tail } = parts(text);
    expect(text).not.toContain('\ufffd');
    expect('a€'.repeat(100).startsWith(head)).toBe(true);
    expect('a€'.repeat(100).endsWith(tail)).toBe(true);
    expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + droppedBytes).toBe(400);
    expect(dropped).toBe(droppedBytes);
  });

  test('shows bytes that are not UTF-8 as replacement characters', () => {
    expect(captured(100, [Uint8Array.of(0x61, 0xff, 0x62, 0xe2, 0x82)]).text).toBe('a\ufffdb\ufffd');
  });

  test('keeps a byte order mark', () => {
    expect(captured(100, [Buffer.from('\ufeffx')]).text).toBe('\ufeffx');
  });

  test('does not see later changes of a chunk', () => {
    const chunk = Buffer.from('before');
    const capture = createCapture(100);
    capture.append(chunk);
    chunk.write('XXXXXX');
    expect(capture.finish().text).toBe('before');
  });

  test('accounts for every byte and does not depend on the chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 20 }),
        fc.integer({ min: 2, max: 200 }),
        fc.integer({ min: 1, max: 30 }),
        (pieces, capBytes, chunkBytes) => {
          const bytes = Buffer.from(pieces.join('\n'));
          const chunks = [];
          for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
          const result = captured(capBytes, chunks);
          expect(result).toEqual(captured(capBytes, [bytes]));
          if (bytes.length <= capBytes) {
            expect(result).toEqual({ text: bytes.toString('utf8'), droppedBytes: 0 });
            return;
          }
          const { head, dropped, tail } = parts(result.text);
          expect(dropped).toBe(result.droppedBytes);
          expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + dropped).toBe(bytes.length);
          expect(bytes.toString('utf8').startsWith(head)).toBe(true);
          expect(bytes.toString('utf8').endsWith(tail)).toBe(true);
        },
      ),
    );
  });
});
