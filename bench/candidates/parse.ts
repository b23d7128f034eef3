import type { Candidate } from './candidate.ts';

const lineFeed = 10;

/**
 * The limit: UTF-8 decode and `JSON.parse` of each line. Decoded line by line, which is faster than the whole at once
 * (one name with an accent would make every line a two-byte string) and has no limit of length.
 */
export async function createCandidate(): Promise<Candidate> {
  return {
    async convert({ bytes, records }) {
      const parsed = parseLines(bytes);
      if (parsed !== records) throw new Error(`Parsed ${parsed} records of ${records}.`);
      return undefined;
    },
  };
}

/** Parses every line that ends in the bytes; returns how many these are. */
export function parseLines(bytes: Buffer): number {
  let parsed = 0;
  let start = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    JSON.parse(bytes.toString('utf8', start, end));
    start = end + 1;
    parsed += 1;
  }
  return parsed;
}
