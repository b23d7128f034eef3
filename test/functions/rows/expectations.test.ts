import { describe, expect, test } from '@jest/globals';
import { ParquetFile } from '../../../functions/parquet/parquet-file.ts';
import { answerShapes } from '../../../functions/reader/answer-shapes.ts';
import { RecordReader } from '../../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../../functions/rows/answer-rows.ts';
import { Expectations, type Unexpected } from '../../../functions/rows/expectations.ts';
import { maxRows } from '../../../functions/rows/row-group.ts';
import type { Dataset, Expectation, Field } from '../../../shared/dataset.ts';
import { datasets } from '../../../shared/datasets.ts';
import { converted, everyType, everyTypeTable, rawKey, rowsOf } from '../convert/converted.ts';

/** A dataset with one column, of a type, that expects something. */
function expecting(type: Field['type'], wanted: Expectation): Dataset {
  const fields = everyTypeTable.fields.map((field) =>
    field.type === type ? { ...field, expect: wanted } : field,
  );
  return { ...everyType, tables: [{ ...everyTypeTable, fields }] };
}

/** What is unexpected in records of one column, read on the fast path or the slow one. */
function unexpectedIn(
  dataset: Dataset,
  records: readonly string[],
  path: 'fast' | 'slow',
): readonly Unexpected[] {
  const expectations = new Expectations(dataset);
  const files = dataset.tables.map((each) => new ParquetFile(dataset, each));
  const rows = new AnswerRows(dataset, { rawKey, fetchedAt: null }, (group, table) =>
    expectations.check(group, table, files[table]?.add(group) ?? []),
  );
  const reader = new RecordReader(rows, path === 'fast' ? answerShapes(rows) : undefined);
  reader.push(Buffer.from(records.join('\n')));
  reader.end();
  rows.end();
  return expectations.unexpected;
}

const recordsOf = (type: string, values: readonly unknown[]) =>
  values.map((value) => JSON.stringify({ a: { [type]: value, other: null } }));

describe.each(['fast', 'slow'] as const)('an expectation, on the %s path,', (path) => {
  test.each<[Field['type'], Expectation, unknown[], number, unknown]>([
    ['int', { least: 0, most: 100 }, [0, 100, null, 101, -1, 50], 2, 101],
    ['int', { least: -5 }, [-5, -6, 2_000_000_000], 1, -6],
    ['double', { most: 0.5 }, [0.5, 0.51, -1e300, 7], 2, 0.51],
    ['bigint', { least: 1, most: 9_007_199_254_740_991 }, [0, 1, 9_007_199_254_740_991, null], 1, 0],
    ['int', { oneOf: [0, 1] }, [0, 1, null, 2, 2], 2, 2],
    ['double', { oneOf: [0.5] }, [0.5, 0.25], 1, 0.25],
    ['bigint', { oneOf: [1] }, [1, 3], 1, 3],
    ['string', { oneOf: ['N', 'S'] }, ['N', 'S', null, 'Ö', 'Ö', 'N'], 2, 'Ö'],
    ['string', { notNull: true }, ['N', null, ''], 1, null],
    ['date', { notNull: true }, ['2026-11-22', null, 'soon'], 2, null],
    ['timestamp', { notNull: true }, [1795323600, null], 1, null],
    ['int', { notNull: true, most: 1 }, [7, null, null, 1], 3, 7],
  ])(
    'of a column of type %s, %j, counts what is not so, and keeps the first example',
    (type, wanted, values, count, example) => {
      // Often enough for the reader to know the shape of the records.
      const records = Array.from({ length: 20 }, () => recordsOf(type, values)).flat();
      expect(unexpectedIn(expecting(type, wanted), records, path)).toEqual([
        { column: `test_every-type.${type}`, count: count * 20, example },
      ]);
    },
  );

  test('is met by what is as expected', () => {
    const dataset = expecting('int', { least: 0, most: 1 });
    expect(unexpectedIn(dataset, recordsOf('int', [0, 1, null, 0]), path)).toEqual([]);
  });

  test('counts over all row groups of a file', () => {
    const records = Array.from({ length: maxRows + 777 }, (_, index) => `{"a":{"int":${index % 7}}}`);
    const beyond = records.filter((_, index) => index % 7 === 6).length;
    expect(unexpectedIn(expecting('int', { most: 5 }), records, path)).toEqual([
      { column: 'test_every-type.int', count: beyond, example: 6 },
    ]);
  });
});

test('an example is cut to 100 characters', () => {
  const dataset = expecting('string', { oneOf: ['N'] });
  const [unexpected] = unexpectedIn(dataset, recordsOf('string', ['x'.repeat(5_000)]), 'slow');
  expect(unexpected?.example).toBe('x'.repeat(100));
});

test.each<[Field['type'], Expectation]>([
  ['string', { least: 1 }],
  ['date', { most: 1 }],
  ['timestamp', { oneOf: [1] }],
  ['int', { oneOf: ['1'] }],
])('a column of type %s cannot expect %j, and the code says so', (type, wanted) => {
  expect(() => new Expectations(expecting(type, wanted))).toThrow('test_every-type.');
});

test.each(datasets)('$name expects what its types can be held to', (dataset) => {
  expect(() => new Expectations(dataset)).not.toThrow();
});

test('a row with an unexpected value is kept as it is, and conversion reports the column [unexpected]', async () => {
  const text = JSON.stringify({ location: { name: 'Oslo' }, current: { humidity: 107, is_day: 1 } });
  expect(await rowsOf(text)).toMatchObject([{ humidity: 107, is_day: 1, rescued: null }]);
  expect((await converted(text)).unexpected).toEqual([
    { column: 'weatherapi_current.humidity', count: 1, example: 107 },
  ]);
});
