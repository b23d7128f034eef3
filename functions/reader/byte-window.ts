/** Bytes after `end`: a NUL, and what a reader of eight bytes at a time may read beyond it. */
const slack = 8;

/** Bytes to read from `start` on. */
export type ReadableBytes = Pick<ByteWindow, 'bytes' | 'view' | 'start'>;

/**
 * The bytes that have arrived and were not read yet: from `start` to `end`. A NUL follows, which no JSON token contains, so
 * readers need not check for `end` at every byte.
 */
export class ByteWindow {
  start = 0;
  end = 0;
  // Small, because each line that is encoded twice gets a window of its own.
  bytes = Buffer.alloc(1024);
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);

  get length(): number {
    return this.end - this.start;
  }

  /** @returns by how many bytes the unread ones moved to the front */
  append(piece: Uint8Array): number {
    const { bytes, start, end, length } = this;
    const needed = length + piece.length + slack;
    if (needed > bytes.length) {
      this.bytes = Buffer.alloc(2 * needed);
      this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    }
    if (start > 0 || bytes !== this.bytes) this.bytes.set(bytes.subarray(start, end));
    this.bytes.set(piece, length);
    this.bytes[length + piece.length] = 0;
    this.start = 0;
    this.end = length + piece.length;
    return start;
  }

  find(byte: number, from: number): number {
    const found = this.bytes.indexOf(byte, from);
    return found < this.end ? found : -1;
  }
}
