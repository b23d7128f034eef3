/** Numbers of equal value are one run from this many on: the rest are packed in groups of so many. */
const groupSize = 8;

/**
 * Parquet's hybrid of run lengths and packed bits, for levels and for a dictionary's numbers:
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 * @param start leaves so many bytes free before them
 */
export function runLengths(numbers: ArrayLike<number>, bitWidth: number, start = 0): Uint8Array {
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

function runEnd(numbers: ArrayLike<number>, start: number): number {
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
  numbers: ArrayLike<number>,
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
    bits |= (numbers[index] as number) << bitCount;
    for (bitCount += bitWidth; bitCount >= 8; bitCount -= 8) {
      bytes[size++] = bits;
      bits >>>= 8;
    }
  }
  bytes[size] = bits;
  return packedEnd;
}

function varInt(value: number, bytes: Uint8Array, at: number): number {
  let size = at;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes[size++] = rest | 0x80;
  bytes[size++] = rest;
  return size;
}
