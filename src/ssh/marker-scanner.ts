/** Bytes after a marker's name within which its line must end; a longer line is output, not a marker. */
const MAX_FIELDS_BYTES = 160;
const NEWLINE = 0x0a;

/** What one stream of a framed script says, in order. */
export interface MarkerListener {
  /** Bytes between two markers; valid during the call only. */
  data(bytes: Uint8Array): void;
  /** The script began: the part of the markers that the host chose, and the pid of its shell. */
  hello(hostPart: string, shellPid: number): void;
  begin(step: number, atSeconds: string): void;
  end(step: number, atSeconds: string, exitCode: number): void;
}

/** Finds markers in one stream, whatever the chunks are, holding back a few hundred bytes at most. */
export interface MarkerScanner {
  push(chunk: Uint8Array): void;
  /** The stream ended: what was held back is data. */
  end(): void;
}

/**
 * A scanner for the markers of one run. A marker is a whole line with a newline of its own in front of it, so that
 * output without a final newline stays as it was. Until the hello is seen only that is looked for.
 */
export function createMarkerScanner(nonce: string, listener: MarkerListener): MarkerScanner {
  let prefix = Buffer.from(`\n${nonce}:h:`);
  let carry = Buffer.alloc(0);

  function emit(bytes: Buffer): void {
    if (bytes.length > 0) listener.data(bytes);
  }

  function understood(line: string): boolean {
    const hello = /^\n[0-9a-f]+:h:([0-9a-f-]+|none):(\d+)$/.exec(line);
    if (hello) {
      prefix = Buffer.from(`\n${nonce}.${hello[1]}:`);
      listener.hello(hello[1] ?? '', Number(hello[2]));
      return true;
    }
    const marker = /:(?:b:(\d+):([\d.]+)|e:(\d+):([\d.]+):(\d+))$/.exec(line);
    if (!marker) return false;
    if (marker[1] !== undefined) listener.begin(Number(marker[1]), marker[2] ?? '');
    else listener.end(Number(marker[3]), marker[4] ?? '', Number(marker[5]));
    return true;
  }

  /* Returns what has to wait for more bytes. */
  function scan(bytes: Buffer): Buffer {
    let from = 0;
    for (let at = bytes.indexOf(prefix); at >= 0; at = bytes.indexOf(prefix, from)) {
      const lineEnd = bytes.indexOf(NEWLINE, at + prefix.length);
      const length = (lineEnd < 0 ? bytes.length : lineEnd) - at - prefix.length;
      if (lineEnd < 0 && length <= MAX_FIELDS_BYTES) {
        emit(bytes.subarray(from, at));
        return bytes.subarray(at);
      }
      const line = length <= MAX_FIELDS_BYTES ? bytes.toString('latin1', at, lineEnd) : '';
      emit(bytes.subarray(from, at));
      if (understood(line)) from = lineEnd + 1;
      else {
        emit(bytes.subarray(at, at + prefix.length));
        from = at + prefix.length;
      }
    }
    const held = bytes.length - heldBack(bytes.subarray(from), prefix);
    emit(bytes.subarray(from, held));
    return bytes.subarray(held);
  }

  return {
    push(chunk) {
      const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      // Copied, so that a few held bytes do not keep a whole packet in memory.
      carry = Buffer.from(scan(carry.length > 0 ? Buffer.concat([carry, view]) : view));
    },
    end() {
      emit(carry);
      carry = Buffer.alloc(0);
    },
  };
}

/** How many bytes at the end could be the start of the prefix. */
function heldBack(bytes: Buffer, prefix: Buffer): number {
  for (let length = Math.min(bytes.length, prefix.length - 1); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(prefix.subarray(0, length))) return length;
  }
  return 0;
}
