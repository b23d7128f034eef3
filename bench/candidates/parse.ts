import { createReadStream } from 'node:fs';
import type { CreateCandidate } from '../candidates.ts';

const lineFeed = 10;

/**
 * The limit: decode UTF-8 and `JSON.parse` each line. Decoding the whole at once is slower: one name with an accent
 * makes every line a two-byte string.
 */
export const createCandidate: CreateCandidate = async () => ({
  async convert({ bytes, records }) {
    const parsed = parseLines(bytes);
    if (parsed !== records) throw new Error(`Parsed ${parsed} records of ${records}.`);
    return undefined;
  },
  async stream(from) {
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of createReadStream(from, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([rest, piece]);
      const end = bytes.lastIndexOf(lineFeed) + 1;
      parseLines(bytes.subarray(0, end));
      rest = bytes.subarray(end);
    }
    if (rest.length > 0) throw new Error('The last line does not end.');
  },
});

/** Parses every complete line; returns how many there were. */
export function parseLines(bytes: Buffer, onRecord?: (record: unknown) => void): number {
  let parsed = 0;
  let start = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    const record: unknown = JSON.parse(bytes.toString('utf8', start, end));
    onRecord?.(record);
    start = end + 1;
    parsed += 1;
  }
  return parsed;
}
