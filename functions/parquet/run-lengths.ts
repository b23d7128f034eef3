/** Numbers of equal value are one run from this many on: the rest are packed in groups of so many. */
const groupSize = 8;

/** Those of more bits would not fit into a word beside the bits of the number before. */
const maxBitWidth = 24;

/**
 * Parquet's hybrid of run lengths and packed bits, for levels and for a dictionary's numbers:
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 * @param start leaves so many bytes free before them
 */
export function runLengths(numbers: Int32Array, bitWidth: number, start = 0): Uint8Array {
  const { length } = numbers;
  // The most that groups and the beginnings of runs between them take.
  const bytes = new Uint8Array(start + (Math.ceil(length / groupSize) + 1) * (bitWidth + 10));
  let size = start;
  let packedFrom = 0;
  for (let at = 0; at < length; ) {
    const end = runEnd(numbers, at);
    if (end - at < groupSize) {
      at += groupSize;
    } else {
      size = pack(numbers, packedFrom, at, bitWidth, bytes, size);
      size = run(numbers[at] as number, end - at, bitWidth, bytes, size);
      at = end;
      packedFrom = end;
    }
  }
  size = pack(numbers, packedFrom, length, bitWidth, bytes, size);
  return bytes.subarray(0, size);
}

/** The same for a bit that so many rows have. */
export function oneRun(bit: number, count: number): Uint8Array {
  if (count < groupSize) return runLengths(new Int32Array(count).fill(bit), 1);
  const bytes = new Uint8Array(6);
  return bytes.subarray(0, run(bit, count, 1, bytes, 0));
}

function runEnd(numbers: Int32Array, start: number): number {
  const first = numbers[start];
  let end = start + 1;
  while (end < numbers.length && numbers[end] === first) end++;
  return end;
}

function run(number: number, count: number, bitWidth: number, bytes: Uint8Array, at: number): number {
  let size = varInt(count * 2, bytes, at);
  for (let shift = 0; shift < bitWidth; shift += 8) bytes[size++] = number >>> shift;
  return size;
}

/** Packs the numbers from `start` up to `end` in groups, of which the last one is filled up with zeros. */
function pack(
  numbers: Int32Array,
  start: number,
  end: number,
  bitWidth: number,
  bytes: Uint8Array,
  at: number,
): number {
  if (start >= end) return at;
  const groups = Math.ceil((end - start) / groupSize);
  let size = varInt(groups * 2 + 1, bytes, at);
  const packedEnd = size + groups * bitWidth;
  let bits = 0;
  let bitCount = 0;
  for (let index = start; index < end; index++) {
    const number = numbers[index] as number;
    bits |= number << bitCount;
    bitCount += bitWidth;
    if (bitCount >= 32) {
      size = word(bits, bytes, size);
      bitCount -= 32;
      bits = number >>> (bitWidth - bitCount);
    }
  }
  // The rest, and zeros that fill up the last group.
  for (; size < packedEnd; bits >>>= 8) bytes[size++] = bits;
  return packedEnd;
}

function word(bits: number, bytes: Uint8Array, at: number): number {
  bytes[at] = bits;
  bytes[at + 1] = bits >>> 8;
  bytes[at + 2] = bits >>> 16;
  bytes[at + 3] = bits >>> 24;
  return at + 4;
}

function varInt(value: number, bytes: Uint8Array, at: number): number {
  let size = at;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes[size++] = rest | 0x80;
  bytes[size++] = rest;
  return size;
}

/** Fills an array with the numbers that `runLengths` or another writer encoded. */
export function readRunLengths(bytes: Uint8Array, bitWidth: number, numbers: Uint8Array | Int32Array): void {
  if (bitWidth > maxBitWidth) throw new Error(`numbers cannot have ${bitWidth} bits`);
  const { length } = numbers;
  const mask = 2 ** bitWidth - 1;
  let at = 0;
  for (let size = 0; size < length; ) {
    let header = 0;
    for (let shift = 0, byte = 0x80; byte > 0x7f; shift += 7) {
      if (at >= bytes.length) throw new Error('the runs of numbers end early');
      byte = bytes[at++] as number;
      header |= (byte & 0x7f) << shift;
    }
    const count = header >>> 1;
    const end = header & 1 ? Math.min(length, size + count * groupSize) : size + count;
    const encodedEnd = at + (header & 1 ? count * bitWidth : Math.ceil(bitWidth / 8));
    if (end > length || encodedEnd > bytes.length) throw new Error('a run of numbers is too long');
    if (header & 1) {
      let bits = 0;
      for (let bitCount = 0, from = at; size < end; bitCount -= bitWidth) {
        for (; bitCount < bitWidth; bitCount += 8) bits |= (bytes[from++] as number) << bitCount;
        numbers[size++] = bits & mask;
        bits >>>= bitWidth;
      }
    } else {
      let number = 0;
      for (let from = at, shift = 0; from < encodedEnd; shift += 8)
        number |= (bytes[from++] as number) << shift;
      if (number > mask) throw new Error('a number has too many bits');
      numbers.fill(number, size, end);
      size = end;
    }
    at = encodedEnd;
  }
}
