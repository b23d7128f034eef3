import { describe, expect, test } from '@jest/globals';
import type { Dataset } from '../../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../../../shared/datasets/weatherapi-history.ts';
import fc, { runs } from '../../../fast-check.ts';
import { everyLevel, nothingRequired, onlyInArrays, onlyInnermost } from '../every-level.ts';
import { anyJson, nastyDates, nastyNames, nastyNumbers, nastyStrings } from './json-source.ts';
import { duckdb } from './outcome.ts';
import { damagedFile, rawText, rawTextOf } from './raw-files.ts';

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
    for (const name of nastyNames.map((each) => JSON.stringify(each))) {
      const records = [
        `{"location":{"lat":2},"current":{"uv":1},${/^"(location|current)"$/.test(name) ? '"x"' : name}:1.50}`,
        `{"location":{"lat":2,${name}:{"name":"x"}},"current":{"uv":1}}`,
        `{"location":{"lat":2},"current":{"condition":{"code":1,${name}:"x"},${name}:0.10}}`,
        `{"location":{"lat":2},"current":{"uv":1,"new":[{${name}:{${name}:-0}}]}}`,
      ];
      expect(await outcomeOf(`[${[...records, ...records, ...records].join()}]`)).toBe(12);
    }
  });
});

const nested: readonly Dataset[] = [
  everyLevel,
  onlyInArrays,
  onlyInnermost,
  nothingRequired,
  weatherapiForecast,
  weatherapiHistory,
];

describe('every value in its place in every table, or one permanent failure:', () => {
  test.each(nested)('of any answers of $name, in any form [rows-or-failure]', async (dataset) => {
    let converted = 0;
    await fc.assert(
      fc.asyncProperty(rawTextOf(dataset), async (raw) => {
        if (typeof (await outcomeOf(raw, dataset)) === 'number') converted += 1;
      }),
      { numRuns: runs(20) },
    );
    expect(converted).toBeGreaterThan(runs(2));
  });

  const whole =
    '"station":{"name":"a"},"plan":{"days":[{"mood":"b","blocks":[{"id":1,"slots":[{"temp":2}]}]}]}';
  const places = [
    ['above all rows', 'since', `{"station":{"since":$,"name":"a"},${whole.slice(whole.indexOf('"plan"'))}}`],
    ['in a row and above others', 'date', `{${whole.replace('"mood"', '"date":$,"mood"')},"notes":[]}`],
    ['in an element without a row', 'id', `{${whole.replace('"id":1', '"id":$')}}`],
    ['in an innermost row', 'start', `{${whole.replace('"temp":2', '"start":$,"temp":2')}}`],
    ['in place of a row', 'slot', `{${whole.replace('[{"temp":2}]', '[{"temp":1},$,{"temp":2}]')}}`],
    ['in place of an element without a row', 'block', `{${whole.replace('"blocks":[', '"blocks":[$,')}}`],
    ['in place of rows', 'notes', `{${whole},"notes":$}`],
    ['undeclared in an innermost row', 'new', `{${whole.replace('"temp":2', '"temp":2,"new":$')}}`],
    ['undeclared in an element without a row', 'new', `{${whole.replace('"id":1', '"id":1,"new":$')}}`],
    ['undeclared where only the answer is', 'new', `{${whole},"new":$}`],
    [
      'undeclared in a row of a level of its own, and around it',
      'new',
      `{${whole},"notes":[{"text":"b","new":$,"newer":1.50}],"new":$}`,
    ],
    ['ignored', 'draft', `{${whole.replace('"plan":{', '"plan":{"draft":$,')},"now":$}`],
  ] as const;

  test.each(places)('of each nasty value %s (%s) [rows-or-failure]', async (_where, _name, answer) => {
    const values = [
      ...nastyNumbers,
      ...nastyStrings,
      ...nastyDates,
      'true',
      'null',
      '{}',
      '[]',
      '[null]',
      '[{}]',
    ];
    const answers = values.map((value) => answer.replaceAll('$', () => value));
    for (const dataset of [everyLevel, onlyInnermost])
      expect(await outcomeOf(answers.join('\n'), dataset)).toBeGreaterThanOrEqual(answers.length);
  });

  test('of each nasty value that is undeclared in the rows of an answer and around them [rows-or-failure]', async () => {
    const answers = [...nastyNumbers, ...nastyStrings, 'true', 'null', '{}', '[]'].map(
      (value) =>
        `{"new":${value},"location":{"lat":2},"forecast":{"forecastday":[{"date":"2026-11-22","new":${value},` +
        `"hour":[{"uv":1,"new":${value},"newer":1.50},{"new":${value},"newer":2.0,"uv":2},{"new":${value}}]}]}}`,
    );
    expect(await outcomeOf(answers.join('\n'), weatherapiForecast)).toBe(3 * answers.length);
  });

  test.each([
    ['the required array is missing', '{"station":{"name":"a"},"plan":{"version":1}}'],
    ['the required array is empty', '{"station":{"name":"a"},"plan":{"days":[]}}'],
    ['it is an object', '{"station":{"name":"a"},"plan":{"days":{"date":"2026-11-22"}}}'],
    ['its elements are not objects', '{"station":{"name":"a"},"plan":{"days":[1,null,"x",[]]}}'],
    [
      'its elements have nothing but nulls',
      '{"station":{"name":"a"},"plan":{"days":[{"date":null},{"sum":{}}]}}',
    ],
    [
      'they have nothing declared',
      '{"station":{"name":"a"},"plan":{"days":[{"new":1}]},"notes":[{"text":"b"}]}',
    ],
    ['the required object has nothing but nulls', '{"station":{"name":null},"plan":{"days":[{"mood":"a"}]}}'],
    ['the required object is an array', '{"station":[{"name":"a"}],"plan":{"days":[{"mood":"a"}]}}'],
  ])('of an answer that is refused, since %s [rows-or-failure]', async (_why, answer) => {
    for (const dataset of [everyLevel, onlyInArrays]) {
      expect(await outcomeOf(answer, dataset)).toBe('incomplete');
      expect(await outcomeOf(`{${whole}}\n{${whole}}\n${answer}`, dataset)).toBe('incomplete');
    }
  });

  test('of an answer that has no row for any table [rows-or-failure]', async () => {
    const known = `{${whole}}\n{${whole}}\n`;
    for (const empty of [
      '"notes":[]',
      '"plan":{"days":[{"blocks":[{"slots":[]}]}]}',
      '"notes":[{"new":1}]',
      '"now":1',
    ]) {
      for (const before of ['', known])
        expect(await outcomeOf(`${before}{"station":{"name":"a"},${empty}}`, onlyInnermost)).toBe(
          'incomplete',
        );
    }
  });
});
