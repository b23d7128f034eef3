import { expect, test } from '@jest/globals';
import { answerShapes } from '../../../functions/reader/answer-shapes.ts';
import { maxParsedValues, ParsedValues } from '../../../functions/reader/parsed-values.ts';
import { RecordReader } from '../../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../../functions/rows/answer-rows.ts';
import type { Dataset } from '../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../../shared/datasets/weatherapi-forecast.ts';

const current = (more = '') => `{"location":{"lat":2},"current":{"uv":1}${more}}`;
const forecast = (more = '') =>
  `{"location":{"lat":2},"forecast":{"forecastday":[{"date":"2026-11-22","hour":[{"uv":1},{"uv":2}]}]}${more}}`;

/** Reads a text when a hundred values may still be parsed. */
function read(text: string, dataset: Dataset): number {
  const rows = new AnswerRows(dataset, { rawKey: '', fetchedAt: null }, () => {});
  const parsed = new ParsedValues();
  parsed.add(maxParsedValues - 100);
  const reader = new RecordReader(rows, answerShapes(rows), undefined, undefined, parsed);
  reader.push(Buffer.from(text));
  reader.end();
  return rows.answerCount;
}

test.each<[what: string, record: string, dataset: Dataset]>([
  ['of one row', current(), weatherapiCurrent],
  ['of one row and undeclared scalars', current(',"new":1,"remark":"x"'), weatherapiCurrent],
  ['with rows inside', forecast(), weatherapiForecast],
  [
    'with rows inside and undeclared scalars in these',
    forecast().replaceAll('"uv"', '"new":1,"uv"'),
    weatherapiForecast,
  ],
])('records %s may be any number when they are of one form [parsed-values]', (_what, record, dataset) => {
  expect(read(`${record}\n`.repeat(200), dataset)).toBe(200);
});

test.each<[what: string, record: string, dataset: Dataset]>([
  ['with an undeclared object', current(',"new":{}'), weatherapiCurrent],
  ['that are encoded twice', JSON.stringify(current(',"new":{}')), weatherapiCurrent],
  ['with rows inside and an undeclared object', forecast(',"new":{}'), weatherapiForecast],
])(
  'records %s are refused when they have more values than there is time for [parsed-values]',
  (_what, record, dataset) => {
    expect(() => read(`${record}\n`.repeat(200), dataset)).toThrow(
      expect.objectContaining({
        code: 'too-large',
        message: expect.stringMatching(/60 million values.* Split it/),
      }),
    );
  },
);
