import { describe, expect, test } from '@jest/globals';
import { readBefore } from '../../../functions/rows/answer-fill.ts';
import { AnswerRows } from '../../../functions/rows/answer-rows.ts';
import { columnsOf } from '../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../../shared/datasets/weatherapi-forecast.ts';
import {
  columnsFrom,
  converted,
  everyType,
  everyTypeTable,
  failureOf,
  filled,
  rawKey,
  response,
  rowsOf,
  tablesFrom,
} from '../convert/converted.ts';
import { everyLevel, onlyInnermost } from '../convert/every-level.ts';

/** What is rescued of a response's text, when it comes for the first time and when it comes again. */
function rescuedOf(text: string): unknown[] | undefined {
  return columnsFrom([text, text, text].join('\n'), weatherapiCurrent).rescued;
}

describe('a row', () => {
  test('has its declared fields in their columns, wherever they stand in the response', async () => {
    const text = JSON.stringify({
      location: { name: 'Nice', lat: 43.7, localtime_epoch: 1795323600 },
      current: {
        last_updated_epoch: 1795323600,
        condition: { text: 'Sunny', code: 1000 },
        air_quality: { pm2_5: 1.5, 'us-epa-index': 1 },
        pollen: { Hazel: 0 },
      },
    });
    const [row = {}] = await rowsOf(text, { fetchedAt: new Date('2026-11-22T05:00:03.21Z') });
    expect(filled(row)).toEqual({
      observed_at: '2026-11-22T05:00:00.000Z',
      location_name: 'Nice',
      location_lat: 43.7,
      location_localtime_epoch: 1795323600,
      condition_text: 'Sunny',
      condition_code: 1000,
      air_quality_pm2_5: 1.5,
      air_quality_us_epa_index: 1,
      pollen_hazel: 0,
      fetched_at: '2026-11-22T05:00:03.210Z',
      raw_key: rawKey,
    });
  });

  test('has null for what was not sent, whatever the rows around it have', async () => {
    const texts = [
      response({ temp_c: 1 }),
      response({ humidity: 50 }),
      response({ temp_c: 3, humidity: null }),
    ];
    const rows = await rowsOf(texts.join('\n'));
    expect(rows.map(({ temp_c, humidity }) => [temp_c, humidity])).toEqual([
      [1, null],
      [null, 50],
      [3, null],
    ]);
  });

  test('is there when every declared field but one of each part is null or empty', async () => {
    for (const members of ['"uv":1', '"condition":null,"uv":1', '"uv":1,"condition":{},"temp_c":null']) {
      const rows = await rowsOf(`{"location":{"lat":2},"current":{${members}}}`);
      expect(rows.map(filled)).toEqual([{ raw_key: rawKey, location_lat: 2, uv: 1 }]);
    }
  });
});

describe('rescued with its path is', () => {
  test.each([
    ['an undeclared field', '"current":{"snow_cm":4.5}', '{"current.snow_cm":4.5}'],
    ['an undeclared object, whole', '"alerts":{"alert":[{"a":1}]}', '{"alerts":{"alert":[{"a":1}]}}'],
    ['an undeclared null', '"current":{"new":null}', '{"current.new":null}'],
    ['a value of the wrong type', '"current":{"temp_c":"21.6"}', '{"current.temp_c":"21.6"}'],
    [
      'a scalar where an object is declared',
      '"current":{"condition":"none"}',
      '{"current.condition":"none"}',
    ],
    [
      'a number that no double holds, where an object is declared',
      '"current":{"condition":12345678901234567890}',
      '{"current.condition":12345678901234567890}',
    ],
    ['an array where an object is declared', '"current":{"air_quality":[]}', '{"current.air_quality":[]}'],
    [
      'an object where a value is declared',
      '"current":{"temp_c":{"value":1}}',
      '{"current.temp_c":{"value":1}}',
    ],
    ['an array where a value is declared', '"current":{"temp_c":[1]}', '{"current.temp_c":[1]}'],
    [
      'a number with all its digits',
      '"n":9007199254740993,"m":[0.12345678901234567890,-0,1e400]',
      '{"n":9007199254740993,"m":[0.12345678901234567890,-0,1e400]}',
    ],
    [
      'a number as its double is printed',
      '"current":{"a":1.50,"b":5.0,"c":-0.0000001},"d":[0.0000010,1e3,1E-7,1e21],"e":100,"f":0.10,"g":0.0',
      '{"current.a":1.5,"current.b":5,"current.c":-1e-7,"d":[0.000001,1000,1e-7,1e+21],"e":100,"f":0.1,"g":0}',
    ],
    [
      'a number as its double is printed, beside one that no double holds',
      '"n":12345678901234567,"current":{"a":1.50},"m":[5.0,-0.0,1e21]',
      '{"n":12345678901234567,"current.a":1.5,"m":[5,-0.0,1e+21]}',
    ],
    [
      'a number of more than 15 digits and points as it was sent',
      '"a":12345678901234.0,"b":1234567890123.0,"c":0.1000000000000,"d":0.10000000000000',
      '{"a":12345678901234.0,"b":1234567890123,"c":0.1,"d":0.10000000000000}',
    ],
    [
      'true, false and a text',
      '"a":true,"current":{"b":false,"c":"x\u007f\u2028"},"d":""',
      '{"a":true,"current.b":false,"current.c":"x\u007f\u2028","d":""}',
    ],
    [
      'a name of digits before the others',
      '"b":1,"current":{"z":2,"10":3,"9":4},"0":5',
      '{"0":5,"b":1,"current.9":4,"current.10":3,"current.z":2}',
    ],
    ['a name that is not ASCII', '"日本":1,"current":{"é":2}', '{"日本":1,"current.é":2}'],
    ['a name with a dot', '"current.temp_c":1', '{"[\\"current.temp_c\\"]":1}'],
    [
      'a name with a dot in an object',
      '"current":{"condition.text":"x"}',
      '{"current[\\"condition.text\\"]":"x"}',
    ],
    [
      'a name with a bracket or a quotation mark',
      '"a[0]":1,"b\\"":2',
      '{"[\\"a[0]\\"]":1,"[\\"b\\\\\\"\\"]":2}',
    ],
    ['a name that is empty', '"":1,"current":{"":2}', '{"[\\"\\"]":1,"current[\\"\\"]":2}'],
    [
      'a member __proto__',
      '"__proto__":{"x":1},"current":{"__proto__":2}',
      '{"__proto__":{"x":1},"current.__proto__":2}',
    ],
    [
      'a member constructor or toString',
      '"constructor":1,"current":{"toString":2}',
      '{"constructor":1,"current.toString":2}',
    ],
    ['a member toJSON', '"x":{"toJSON":1}', '{"x":{"toJSON":1}}'],
    ['a member rawJSON', '"rawJSON":"1","x":{"rawJSON":"2"}', '{"rawJSON":"1","x":{"rawJSON":"2"}}'],
    [
      'half a surrogate pair, as the text of its escape',
      '"current":{"wind_dir":"N\\ud800"},"\\udc00":1',
      '{"current.wind_dir":"N\\\\ud800","\\\\udc00":1}',
    ],
    [
      'the text of such an escape, with one backslash more',
      '"current":{"wind_dir":1},"x":["\\ud800","\\\\ud800","\\\\\\ud800"]',
      '{"current.wind_dir":1,"x":["\\\\ud800","\\\\\\\\ud800","\\\\\\\\\\\\ud800"]}',
    ],
    ['a NUL, as an escape', '"x":"a\\u0000b"', '{"x":"a\\u0000b"}'],
    [
      'another spelling of a declared name',
      '"current":{"Temp_C":1},"Location":{}',
      '{"current.Temp_C":1,"Location":{}}',
    ],
  ])('%s [rescued]', (_what, members, rescued) => {
    const current = members.includes('"current":{') ? '' : '"current":{"uv":1},';
    const complete = members.replace('"current":{', '"current":{"uv":1,');
    expect(rescuedOf(`{"location":{"name":"Oslo"},${current}${complete}}`)).toEqual(Array(3).fill(rescued));
  });

  test('what each row has for itself, and all of it is counted', async () => {
    const text = [
      response({ new: 1, temp_c: 'x' }),
      response({ temp_c: 2 }),
      response({ new: 3, uv: 1 }),
    ].join('\n');
    const rows = await rowsOf(text);
    expect(rows.map(({ rescued }) => rescued)).toEqual([
      '{"current.new":1,"current.temp_c":"x"}',
      null,
      '{"current.new":3}',
    ]);
    expect(await converted(text)).toMatchObject({ rescuedFields: 3 });
  });

  test('what is more than a call can have arguments, in an element of an array that is not a row', () => {
    const many = Array.from({ length: 200_000 }, (_, index) => `"x${index}":1`).join();
    const text = `{"plan":{"days":[{"blocks":[{"id":1,${many},"slots":[{"temp":2}]}]}]}}`;
    const { tables, counts } = tablesFrom(text, onlyInnermost);
    expect(counts).toMatchObject({ rescuedFields: 200_000 });
    const rescued = JSON.parse(String(tables[0]?.columns.rescued?.[0])) as object;
    expect(Object.keys(rescued).at(-1)).toBe('plan.days[0].blocks[0].x199999');
  });

  test('what is nested a hundred deep', () => {
    const deep = `${'{"a":['.repeat(50)}9007199254740993${']}'.repeat(50)}`;
    expect(rescuedOf(`{"location":{"lat":2},"current":{"uv":1},"x":${deep}}`)).toEqual(
      Array(3).fill(`{"x":${deep}}`),
    );
  });
});

describe('in the rows of several tables', () => {
  const answer = {
    station: { name: 'Oslo', since: '2020-02-29' },
    plan: {
      days: [
        {
          date: '2026-11-22',
          sum: { visits: 3 },
          blocks: [{ id: 1, slots: [{ temp: 1 }, { temp: 2 }] }, { id: 2 }, { id: 3, slots: [{ temp: 3 }] }],
        },
        { date: '2026-11-23', blocks: [{ slots: [{ temp: 4 }] }] },
      ],
    },
    notes: [{ text: 'a' }],
  };
  const tablesIn = (text: string) => tablesFrom(text, everyLevel).tables.map(({ columns }) => columns);

  test('the values above a row are in each row below, and in no other', () => {
    const [days, slots, answers, notes] = tablesIn(JSON.stringify(answer));
    expect(slots?.temp).toEqual([1, 2, 3, 4]);
    expect(slots?.block).toEqual([1, 1, 3, null]);
    expect(slots?.visits).toEqual([3n, 3n, 3n, null]);
    expect(slots?.local_date).toEqual([20_779, 20_779, 20_779, 20_780]);
    for (const columns of [days, slots, answers, notes])
      expect(new Set(columns?.station)).toEqual(new Set(['Oslo']));
    expect([days, answers, notes].map((columns) => columns?.station?.length)).toEqual([2, 1, 1]);
    // The second block has no row to be in.
    const [first, ...others] = [days, slots, answers, notes].flatMap((columns) => columns?.rescued);
    expect(first).toBe('{"plan.days[].blocks[1].id":2}');
    expect(others).toEqual(Array(7).fill(null));
  });

  test('what was not kept stands in the row that it was in, else in the first row, with its place', () => {
    const odd = structuredClone(answer) as unknown as {
      plan: { days: Record<string, unknown>[]; x?: 1 };
      y?: 2;
    };
    odd.plan.x = 1;
    odd.y = 2;
    odd.plan.days[0] = {
      ...odd.plan.days[0],
      date: 'soon',
      blocks: [{ id: 'one', z: 3, slots: [{ temp: '1' }, 4] }],
    };
    const [days, slots, answers, notes] = tablesIn(JSON.stringify(odd));
    expect(answers?.rescued).toEqual(['{"plan.x":1,"y":2}']);
    expect(days?.rescued).toEqual([
      '{"plan.days[].blocks[0].z":3,"plan.days[].blocks[0].slots[1]":4,"plan.days[].blocks[0].id":"one","plan.days[].date":"soon"}',
      null,
    ]);
    expect(slots?.rescued).toEqual(['{"plan.days[].blocks[0].slots[].temp":"1"}', null]);
    expect(notes?.rescued).toEqual([null]);
  });

  test('what the first row has for itself comes before what has no row', () => {
    const text = (index: number) =>
      `{"new":1.50,"plan":{"days":[{"mood":2,"blocks":[{"id":1,"slots":[{"temp":1,"new":${index}.0},{"temp":2}]}]}]}}`;
    const { tables, counts } = tablesFrom([0, 1, 2].map(text).join('\n'), onlyInnermost);
    expect(tables[0]?.columns.rescued).toEqual(
      [0, 1, 2].flatMap((index) => [
        `{"plan.days[0].blocks[0].slots[].new":${index},"new":1.5,"plan.days[0].mood":2}`,
        null,
      ]),
    );
    expect(counts).toMatchObject({ rescuedFields: 9 });
    const forecast = (index: number) =>
      `{"new":1.50,"location":{"lat":2},"forecast":{"forecastday":[{"hour":[{"uv":1,"new":${index}.0},{"uv":2}]}]}}`;
    const [hours] = tablesFrom([0, 1, 2].map(forecast).join('\n'), weatherapiForecast).tables;
    expect(hours?.columns.rescued).toEqual(
      [0, 1, 2].flatMap((index) => [`{"forecast.forecastday[].hour[].new":${index},"new":1.5}`, null]),
    );
  });
});

describe('one permanent failure, and no row, comes of', () => {
  test.each([
    [
      'an error body',
      '{"error":{"code":1006,"message":"No matching location found."}}',
      'error-body',
      'code 1006: No matching location found.',
    ],
    [
      'an error body among good responses',
      `${response()}\n{"error":{"code":9999}}\n${response()}`,
      'error-body',
      'Record 2',
    ],
    [
      'an error body with strange members',
      '{"error":{"code":12345678901234567890,"message":{"toString":1}}}',
      'error-body',
      'code 12345678901234567890',
    ],
    ['an error of another kind', '{"error":"quota"}', 'foreign-record', 'it has: error'],
    ['an empty object', '{}', 'foreign-record', 'no members'],
    ["another endpoint's response", '[{"id":2801268,"name":"London"}]', 'foreign-record', 'it has: id, name'],
    ['an S3 event', '{"Records":[]}', 'foreign-record', 'it has: Records'],
    ['an answer without its data', '{"location":{"name":"Ulm"}}', 'incomplete', 'no object "current"'],
    ['empty data', '{"location":{"name":"Ulm"},"current":{}}', 'incomplete', 'no object "current"'],
    ['nulls', '{"location":{"name":null},"current":{"uv":1}}', 'incomplete', 'no object "location"'],
    [
      'empty objects and undeclared values',
      '{"location":{"name":"Ulm"},"current":{"condition":{"text":null},"new":1}}',
      'incomplete',
      'no object "current" with a value of a declared field',
    ],
    [
      'nulls in a record of a known shape',
      `${['1', '2', 'null'].map((uv) => `{"location":{"name":"Ulm"},"current":{"uv":${uv}}}`).join('\n')}`,
      'incomplete',
      'Record 3 has no object "current"',
    ],
    [
      'a bulk answer with an error among its queries',
      `{"bulk":[{"query":${response()}},{"query":{"custom_id":"b","q":"Ulmm","error":{"code":1006,"message":"No matching location found."}}}]}`,
      'error-body',
      'Record 2 is an error answer (code 1006',
    ],
    ['a bulk answer without queries', '{"bulk":[]}', 'foreign-record', 'it has: bulk'],
    ['a bulk answer of something else', '{"bulk":[{"query":1}]}', 'foreign-record', 'it has: bulk'],
  ])('%s', async (_what, text, code, message) => {
    const failure = await failureOf(() => converted(text));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(message);
  });

  test.each([
    ['in the file', (deep: string) => deep],
    ['in an undeclared field', (deep: string) => `{"location":{},"x":${deep}}`],
    ['in a declared field', (deep: string) => `{"current":{"temp_c":${deep}}}`],
    [
      'beside a number that no double holds',
      (deep: string) => `{"location":{},"n":12345678901234567890,"x":${deep}}`,
    ],
    ['in an error body', (deep: string) => `{"error":{"code":1,"message":${deep}}}`],
    ['inside a string', (deep: string) => JSON.stringify(`{"location":{},"x":${deep}}`)],
    ['on a later line', (deep: string) => `${response()}\n{"location":{},"x":${deep}}`],
  ])('nesting of a hundred thousand levels %s', async (_where, text) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const { code } = await failureOf(() =>
        converted(text(`${open.repeat(100_000)}1${close.repeat(100_000)}`)),
      );
      expect(['too-deep', 'foreign-record', 'error-body']).toContain(code);
    }
  });

  test('whatever is in a file, with a message that stays short', async () => {
    const long = 'x'.repeat(1_000_000);
    const number = '7'.repeat(1_000_000);
    for (const text of [
      `{"error":{"code":"${long}","message":"${long}"}}`,
      `{"error":{"code":${number}}}`,
      `{"${long}":1}`,
      long,
    ]) {
      expect((await failureOf(() => converted(text))).message.length).toBeLessThan(1_000);
    }
  });
});

describe('the rows', () => {
  test('refuses a dataset that declares a path twice, or through a value', () => {
    const [field] = everyTypeTable.fields;
    if (!field) throw new Error('A dataset has fields.');
    const declaring =
      (...paths: string[]) =>
      () =>
        new AnswerRows(
          {
            ...everyType,
            tables: [
              {
                ...everyTypeTable,
                fields: paths.map((path, index) => ({ ...field, column: `c${index}`, path })),
              },
            ],
          },
          { rawKey, fetchedAt: null },
          () => {},
        );
    expect(declaring('a.b', 'a.b')).toThrow('"a.b" is declared twice');
    expect(declaring('a', 'a.b')).toThrow('"a" leads through another declared path at "a"');
    expect(declaring('a.b', 'a')).toThrow('"a" is declared, and leads to another declared path');
  });

  test('has a cell for every column and row', () => {
    const columns = columnsFrom('{"a":{"int":1}}\n{"a":{"new":1}}\n{"a":null}');
    expect(Object.keys(columns)).toEqual(columnsOf(everyTypeTable).map(({ column }) => column));
    for (const cells of Object.values(columns)) expect(cells).toHaveLength(3);
  });
});

test('the placeholder for rows that were read holds nothing that numbers are kept exact for', () => {
  expect(readBefore).not.toMatch(/[-e]/);
  expect(readBefore).toHaveLength(36);
});
