import { createReadStream } from 'node:fs';
import { parseLines } from '../candidates/parse.ts';
import { reportUsage } from './usage.ts';

const lineFeed = 10;
const [input = ''] = process.argv.slice(2);

await reportUsage(() => parseFile(input));

/** The limit, out of a stream: whole lines are parsed, what is left of one is kept for the next piece. */
async function parseFile(path: string): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    const end = piece.lastIndexOf(lineFeed) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, piece]);
      continue;
    }
    parseLines(Buffer.concat([rest, piece.subarray(0, end)]));
    rest = piece.subarray(end);
  }
  if (rest.length > 0) throw new Error('The last line does not end.');
}
