/** Bytes kept of one stream of one step unless told otherwise. */
const DEFAULT_CAPTURE_BYTES = 256 * 1024;

/** How far a cut is moved to fall between two lines. */
const LINE_SEARCH_BYTES = 4096;
const NEWLINE = 0x0a;

/** What was captured, as text. */
interface Captured {
  readonly text: string;
  /** Bytes that were left out of the middle. */
  readonly droppedBytes: number;
}

/** Keeps the first and the last bytes of a stream within a fixed amount of memory. */
export interface Capture {
  /** Takes a copy; the chunk may be reused afterwards. */
  append(chunk: Uint8Array): void;
  /** Bytes of memory held, never more than the cap. */
  retainedBytes(): number;
  finish(): Captured;
}

/** A capture of at most `capBytes`: one half from the head, the other from the tail. */
export function createCapture(capBytes: number = DEFAULT_CAPTURE_BYTES): Capture {
  const head = createHead(Math.floor(capBytes / 2));
  const tail = createTail(capBytes - Math.floor(capBytes / 2));
  return {
    append(chunk) {
      const taken = head.append(chunk);
      if (taken < chunk.length) tail.append(chunk.subarray(taken));
    },
    retainedBytes: () => head.retainedBytes() + tail.retainedBytes(),
    finish: () => joined(head.bytes(), tail.bytes(), tail.droppedBytes()),
  };
}

function joined(head: Uint8Array, tail: Uint8Array, droppedBytes: number): Captured {
  if (droppedBytes === 0) return { text: decoded(Buffer.concat([head, tail])), droppedBytes: 0 };
  const headEnd = endOfWhole(head);
  const tailStart = startOfWhole(tail);
  const dropped = droppedBytes + (head.length - headEnd) + tailStart;
  const mark = `\n[… ${dropped} bytes dropped …]\n`;
  return { text: decoded(head.subarray(0, headEnd)) + mark + decoded(tail.subarray(tailStart)), droppedBytes: dropped };
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/* Half a line can read as a number that nobody printed, so the cut moves to a line's end, or at least to a character's. */
function endOfWhole(head: Uint8Array): number {
  const newline = head.lastIndexOf(NEWLINE);
  if (newline >= 0 && head.length - newline <= LINE_SEARCH_BYTES) return newline + 1;
  for (let back = 1; back <= Math.min(3, head.length); back += 1) {
    const byte = head[head.length - back] ?? 0;
    if (!isContinuation(byte)) return sequenceLength(byte) > back ? head.length - back : head.length;
  }
  return head.length;
}

function startOfWhole(tail: Uint8Array): number {
  const newline = tail.indexOf(NEWLINE);
  if (newline >= 0 && newline < LINE_SEARCH_BYTES) return newline + 1;
  let start = 0;
  while (start < Math.min(3, tail.length) && isContinuation(tail[start] ?? 0)) start += 1;
  return start;
}

/* UTF-8's byte patterns, RFC 3629 section 3. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

function createHead(capBytes: number) {
  let buffer = new Uint8Array(0);
  let used = 0;
  return {
    append(chunk: Uint8Array): number {
      const taken = Math.min(chunk.length, capBytes - used);
      if (used + taken > buffer.length) buffer = grown(buffer, used, used + taken, capBytes);
      buffer.set(chunk.subarray(0, taken), used);
      used += taken;
      return taken;
    },
    retainedBytes: () => buffer.length,
    bytes: () => buffer.subarray(0, used),
  };
}

function grown(buffer: Uint8Array, used: number, needed: number, capBytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(capBytes, Math.max(needed, buffer.length * 2)));
  larger.set(buffer.subarray(0, used));
  return larger;
}

/* A ring: `end` is where the next byte goes. */
function createTail(capBytes: number) {
  let ring: Uint8Array | undefined;
  let end = 0;
  let total = 0;
  return {
    append(chunk: Uint8Array): void {
      ring ??= new Uint8Array(capBytes);
      total += chunk.length;
      const kept = chunk.subarray(Math.max(0, chunk.length - capBytes));
      const first = Math.min(kept.length, capBytes - end);
      ring.set(kept.subarray(0, first), end);
      ring.set(kept.subarray(first), 0);
      end = capBytes === 0 ? 0 : (end + kept.length) % capBytes;
    },
    retainedBytes: () => ring?.length ?? 0,
    droppedBytes: () => Math.max(0, total - capBytes),
    bytes(): Uint8Array {
      if (!ring) return new Uint8Array(0);
      if (total < capBytes) return ring.subarray(0, end);
      return Buffer.concat([ring.subarray(end), ring.subarray(0, end)]);
    },
  };
}
