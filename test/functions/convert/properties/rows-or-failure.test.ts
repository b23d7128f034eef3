import { describe, expect, test } from '@jest/globals';
import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import fc, { runs } from '../../../fast-check.ts';
import { anyJson, nastyNames, nastyNumbers, nastyStrings } from './json-source.ts';
import { duckdb } from './outcome.ts';
import { damagedFile, rawText } from './raw-files.ts';

const { outcomeOf } = duckdb();

describe('every value in its place, or one permanent failure:', () => {
  test('of any records, in any form [rows-or-failure]', async () => {
    let converted = 0;
    await fc.assert(
      fc.asyncProperty(rawText, async (raw) => {
        if (typeof (await outcomeOf(raw)) === 'number') converted += 1;
      }),
      { numRuns: runs(60) },
    );
    expect(converted).toBeGreaterThan(30);
  });

  test('of any JSON, whether the dataset knows its place or not [rows-or-failure]', async () => {
    const places = [
      '$',
      '{"location":$,"current":{"uv":1}}',
      '{"location":{"lat":2},"current":{"condition":$}}',
      '{"location":{"name":$},"current":{"uv":1}}',
      '{"location":{"lat":2},"current":{"uv":1},"x":$}',
      '{"bulk":[{"query":{"location":{"lat":2},"current":$}}]}',
      '{"bulk":$}',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), anyJson, async (place, json) => {
        await outcomeOf(place.replace('$', () => json));
      }),
      { numRuns: runs(60) },
    );
  });

  test('of any file that was damaged [damage]', async () => {
    await fc.assert(
      fc.asyncProperty(damagedFile, async (raw) => {
        await outcomeOf(raw);
      }),
      { numRuns: runs(150) },
    );
  });

  test('of any bytes [damage]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (raw) => {
        await outcomeOf(raw);
      }),
      { numRuns: runs(60) },
    );
  });

  const oneOfEachType = [...Map.groupBy(weatherapiCurrent.tables[0].fields, ({ type }) => type).values()].map(
    ([field]) => field?.path ?? '',
  );

  test('of each nasty value in each type of column, beside a good one, and undeclared [rows-or-failure]', async () => {
    const values = [...nastyNumbers, ...nastyStrings, 'true', 'false', 'null', '{}', '[]', '[null]'];
    const records = [...oneOfEachType, 'current.new'].flatMap((path) => {
      const [outer, inner] = path.split('.');
      const [other, own] =
        outer === 'location' ? ['"current":{"uv":1}', 'lon'] : ['"location":{"lat":2}', 'uv'];
      return values.map(
        (value) => `{${other},"${outer}":{"${own}":3,"${inner}":${value}},"current.temp_c":1}`,
      );
    });
    // The shape of records without anything undeclared is known when the second one comes.
    const known = records.map((record) => record.replace(/,"current\.temp_c":1/, ''));
    expect(await outcomeOf([...records, ...known].join('\n'))).toBe(2 * records.length);
  });

  test('of each nasty name at each level [rows-or-failure]', async () => {
    const records = nastyNames
      .map((name) => JSON.stringify(name))
      .flatMap((name) => [
        `{"location":{"lat":2},"current":{"uv":1},${/^"(location|current)"$/.test(name) ? '"x"' : name}:1}`,
        `{"location":{"lat":2,${name}:{"name":"x"}},"current":{"uv":1}}`,
        `{"location":{"lat":2},"current":{"condition":{"code":1,${name}:"x"}}}`,
        `{"location":{"lat":2},"current":{"uv":1,"new":[{${name}:{${name}:-0}}]}}`,
      ]);
    expect(await outcomeOf(`[${records.join()}]`)).toBe(records.length);
  });
});
