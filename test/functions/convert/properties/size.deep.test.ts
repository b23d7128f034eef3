import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { PermanentError } from '../../../../shared/errors.ts';
import { response } from '../converted.ts';
import { converted, duckdb } from './outcome.ts';

const { query } = duckdb();

const MIB = 1024 * 1024;

/** What a text becomes, how much of the file was read for it, and by how many MiB the process grew. */
async function costOf(pieces: Iterable<Uint8Array>) {
  const before = process.resourceUsage().maxRSS;
  let read = 0;
  const counted = function* () {
    for (const piece of pieces) {
      read += piece.length;
      yield piece;
    }
  };
  const result = await converted(counted());
  const grown = (process.resourceUsage().maxRSS - before) / 1024;
  return { result, read, grown };
}

function* times<T>(count: number, piece: T): Generator<T> {
  for (let round = 0; round < count; round++) yield piece;
}

describe('a gzip bomb ends fast, and in little memory:', () => {
  /** A gzip file may have many parts: a small one, again and again, is a large one. */
  const bomb = (text: string, partBytes: number, parts: number) =>
    times(parts, gzipSync(text.repeat(partBytes / text.length)));

  test.each([
    ['a gibibyte of NUL', '\0', 'too-large'],
    ['a gibibyte of brackets', '[', 'too-large'],
    ['a gibibyte of letters', 'x', 'too-large'],
    ['a gibibyte of a record that does not end', '{"location":{"name":"', 'too-large'],
  ])('%s', async (_what, text, code) => {
    const { result, read, grown } = await costOf(bomb(text, 4 * MIB, 256));
    expect(result).toMatchObject({ code });
    expect(read).toBeLessThan(256 * 1024);
    expect(grown).toBeLessThan(200);
  });

  test.each([
    ['spaces', ' ', 'empty'],
    ['line breaks', '\n', 'empty'],
    ['empty arrays', '[]\n ', 'empty'],
  ])('64 MiB of %s [memory]', async (_what, text, code) => {
    const { result, grown } = await costOf(bomb(text, 4 * MIB, 16));
    expect(result).toMatchObject({ code });
    expect(grown).toBeLessThan(200);
  });

  test('64 MiB of records [memory]', async () => {
    const record = `${response({ temp_c: 21.6 }, 'x'.repeat(973))}\n`;
    expect(record.length).toBe(1024);
    const { result, grown } = await costOf(bomb(record, 4 * MIB, 16));
    if (result instanceof PermanentError) throw result;
    expect(
      await query(result, 'SELECT count(*) AS rows, sum(temp_c) AS sum FROM read_parquet($file)'),
    ).toEqual([{ rows: BigInt(64 * 1024), sum: expect.closeTo(64 * 1024 * 21.6, 3) }]);
    expect(grown).toBeLessThan(300);
  });
});

describe('a single line of 50 MB', () => {
  test('is refused when it is one record, before it is read [memory]', async () => {
    const pieces = times(50, Buffer.alloc(1_000_000, 'x'));
    const { result, read } = await costOf(
      (function* () {
        yield Buffer.from('{"location":{"name":"Oslo"},"new":"');
        yield* pieces;
        yield Buffer.from('"}');
      })(),
    );
    expect(result).toMatchObject({ code: 'too-large' });
    expect(read).toBeLessThan(18 * MIB);
  });

  test('is converted when it is an array [memory]', async () => {
    const rows = 50_000;
    const record = (row: number) =>
      response({ temp_c: row, condition: { text: 'x'.repeat(930) } }, `Place ${row}`);
    const { result, read } = await costOf(
      (function* () {
        for (let row = 0; row < rows; row++) yield Buffer.from(`${row === 0 ? '[' : ','}${record(row)}`);
        yield Buffer.from(']');
      })(),
    );
    expect(read).toBeGreaterThan(50_000_000);
    if (result instanceof PermanentError) throw result;
    const sums = await query(
      result,
      `SELECT count(*) AS rows, count(DISTINCT location_name) AS places, sum(temp_c) AS sum,
         count(rescued) AS rescued FROM read_parquet($file)`,
    );
    expect(sums).toEqual([{ rows: 50_000n, places: 50_000n, sum: (rows * (rows - 1)) / 2, rescued: 0n }]);
  });
});

describe('a record of many values is refused before it takes more memory than there is:', () => {
  test.each([
    ['nested arrays', '{', '[', ']', 'too-deep'],
    ['nested objects in a record of several lines', '{\n', '{"":', '}', 'too-deep'],
    ['empty objects', '{', '{},', '', 'too-large'],
    ['negative zeros in a record of several lines', '{\n', '-0,', '', 'too-large'],
  ])('%s', async (_what, start, open, close, code) => {
    const count = Math.floor((15 * MIB) / (open.length + close.length));
    const values = `${open.repeat(count)}1${close.repeat(count)}`;
    const { result, grown } = await costOf([Buffer.from(`${start}"location":{},"new":[${values}]}`)]);
    expect(result).toMatchObject({ code });
    expect(grown).toBeLessThan(200);
  });
});
