import { describe, expect, test } from '@jest/globals';
import type { Dataset } from '../../../shared/dataset.ts';
import { weatherapiForecast } from '../../../shared/datasets/weatherapi-forecast.ts';
import fc, { runs } from '../../fast-check.ts';
import { everyLevel, nothingRequired, onlyInnermost } from '../convert/every-level.ts';
import { alikeAnswers } from '../convert/properties/alike-answers.ts';
import { damagedFileOf, rawTextOf } from '../convert/properties/raw-files.ts';
import { expectAsParsed, noneSeen } from './outcome.ts';

const pieceBytes = fc.constantFrom(1, 7, 64, 1_000, 100_000);

describe.each<Dataset>([everyLevel, onlyInnermost, nothingRequired, weatherapiForecast])(
  'answers of $name that are read by the shapes of their rows become the files, or the failure, that parsing gives:',
  (dataset) => {
    test('whatever comes [known-shapes]', () => {
      const seen = noneSeen();
      fc.assert(
        fc.property(rawTextOf(dataset), pieceBytes, (text, length) =>
          expectAsParsed(text, dataset, length, seen),
        ),
        { numRuns: runs(60) },
      );
      expect(seen.known).toBeGreaterThan(seen.answers / 20);
    });

    test('whatever comes alike [known-shapes]', () => {
      const seen = noneSeen();
      const texts = alikeAnswers(dataset).map((answers) => [...answers, ...answers].join('\n'));
      fc.assert(
        fc.property(texts, pieceBytes, (text, length) => expectAsParsed(text, dataset, length, seen)),
        { numRuns: runs(60) },
      );
      expect(seen.known).toBeGreaterThan(seen.answers / 4);
      expect(seen.rescued).toBeGreaterThan(seen.answers / 50);
    });

    test('whatever was damaged [known-shapes]', () => {
      fc.assert(
        fc.property(damagedFileOf(dataset), pieceBytes, (text, length) =>
          expectAsParsed(text, dataset, length),
        ),
        { numRuns: runs(50) },
      );
    });
  },
);

test('an answer has no more values than may be held, undeclared ones in its rows included', () => {
  const hour = `{"uv":1,${Array.from({ length: 1000 }, (_, number) => `"n${number}":1`).join(',')}}`;
  const answer = (hours: number) =>
    `{"location":{"lat":2},"forecast":{"forecastday":[{"date":"2026-11-22","hour":[${Array(hours).fill(hour)}]}]}}`;
  expectAsParsed(`${answer(1)}\n${answer(300)}`, weatherapiForecast);
});

describe('rows are taken for those of an array only if they stand in it:', () => {
  const plan = '"plan":{"days":[{"date":"2026-11-22"}]}';
  const known = `{"station":{"name":"a"},${plan},"notes":[{"text":"b"}]}`;

  test.each([
    [
      'an array of the same name elsewhere, and an empty one in its place',
      '"x":{"notes":[{"text":"c"}]},"notes" :[]',
    ],
    ['the same the other way round', '"notes" :[],"x":{"notes":[{"text":"c"}]}'],
    ['one in a part that is ignored', '"now":{"notes":[{"text":"c"}]},"notes": []'],
    ['one in a rescued text', '"x":"\\"notes\\":[{\\"text\\":\\"c\\"}]","notes": []'],
    ['a name that ends alike', '"x\\"notes":[{"text":"c"}],"not\\u0065s":[]'],
    ['the array twice', '"notes":[{"text":"c"}],"notes":[]'],
  ])('%s [known-shapes]', (_what, notes) => {
    const odd = `{"station":{"name":"a"},${plan},${notes}}`;
    for (const dataset of [everyLevel, nothingRequired])
      expectAsParsed(`${known}\n${odd}\n${known}`, dataset);
  });
});
