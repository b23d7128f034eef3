/** Bytes after the last one: a NUL, and what a reader of four bytes at once may look at beyond it. */
const slack = 4;

/**
 * The bytes that came and were not read yet: from `start` to `end`. After them stands a NUL, with which nothing of JSON
 * goes on, so that a reader need not look at `end` all the time.
 */
export class ByteWindow {
  start = 0;
  end = 0;
  // Little: of a file whose every line is a text of JSON, each line has a window of its own.
  bytes = Buffer.alloc(1024);
  /** Of the same bytes. */
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);

  get length(): number {
    return this.end - this.start;
  }

  /** Takes a piece; returns by how many bytes the others moved to the front. */
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

  /** Where a byte stands first, at or after a place; -1 when it does not. */
  find(byte: number, from: number): number {
    const found = this.bytes.indexOf(byte, from);
    return found < this.end ? found : -1;
  }
}
