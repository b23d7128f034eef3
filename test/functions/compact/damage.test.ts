import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { tableDayOf } from '../../../shared/keys.ts';
import { converted, failureOf } from '../convert/converted.ts';
import { flipped, fortyRows } from './damage.ts';
import { everyTypeDay, merged } from './merged.ts';

// The loops over pages end by construction, as each page must advance within its column: a hang would end no test.
describe('a part whose page does not tell its size is refused', () => {
  test('of a run', async () => {
    const raw = await readFile('test/samples/current/a-run-of-three-places.ndjson', 'utf8');
    const { file } = await converted(raw.split('\n', 1)[0] ?? '');
    const parts = [{ key: 'part', file: flipped(file, 2042, 6) }];
    const day = tableDayOf('weatherapi/current/dt=2026-11-22/');
    expect(await failureOf(() => merged(day, parts))).toMatchObject({ code: 'not-parquet' });
  });

  test('of rows of every type', async () => {
    const parts = [{ key: 'part', file: flipped(fortyRows.file, 9, 6) }];
    expect(await failureOf(() => merged(everyTypeDay, parts))).toMatchObject({ code: 'not-parquet' });
  });
});
