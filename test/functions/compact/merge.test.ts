import { expect, test } from '@jest/globals';
import { tableDayOf } from '../../../shared/keys.ts';
import { converted, query, response, rowsIn } from '../convert/converted.ts';
import { merged } from './merged.ts';

test('the rows of all parts are in one file, in the order of the parts', async () => {
  const parts = await Promise.all(
    ['Oslo', 'Rome', 'Bergen'].map((name, hour) =>
      converted(response({ temp_c: hour, new: hour }, name), {
        key: `weatherapi/current/dt=2026-11-22/20261122T0${hour}0000Z.json`,
      }),
    ),
  );
  const { file, rows } = await merged(tableDayOf('weatherapi/current/dt=2026-11-22/'), parts);
  expect(rows).toBe(3);
  const all = await Promise.all(parts.map((part) => rowsIn(part.file)));
  expect(await rowsIn(file)).toEqual(all.flat());
  expect(
    await query(file, 'SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata($file)'),
  ).toEqual([
    { key: 'parts_digest', value: 'digest' },
    { key: 'parts', value: '3' },
    { key: 'dataset', value: 'weatherapi/current' },
    { key: 'dataset_version', value: expect.stringMatching(/^\d+$/) },
  ]);
});
