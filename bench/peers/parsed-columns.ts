import { columns } from '../input/columns.ts';

const lineFeed = 10;

/** Reads one column's value; each a function of its own, which the compiler makes a plain property access of. */
export const getters = columns.map(
  ({ path }) =>
    new Function(
      'record',
      `return record${path
        .split('.')
        .map((name) => `[${JSON.stringify(name)}]`)
        .join('')}`,
    ) as (record: unknown) => unknown,
);

/** The responses in the bytes, one a line. */
export function* parsedLines(bytes: Buffer): Generator<unknown, undefined> {
  let start = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    yield JSON.parse(bytes.toString('utf8', start, end));
    start = end + 1;
  }
}
