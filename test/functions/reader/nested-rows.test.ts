import { describe, expect, test } from '@jest/globals';
import { answerShapes } from '../../../functions/reader/answer-shapes.ts';
import type { Dataset } from '../../../shared/dataset.ts';
import { weatherapiForecast } from '../../../shared/datasets/weatherapi-forecast.ts';
import { PermanentError } from '../../../shared/errors.ts';
import fc, { runs } from '../../fast-check.ts';
import { type ShapesOf, tablesFrom } from '../convert/converted.ts';
import { everyLevel, nothingRequired, onlyInnermost } from '../convert/every-level.ts';
import { damagedFileOf, rawTextOf } from '../convert/properties/raw-files.ts';

const parseAll: ShapesOf = () => undefined;

/** What a text becomes: its tables and their files, or the failure and its place. */
function outcomeOf(
  text: string | Uint8Array,
  dataset: Dataset,
  pieceBytes: number,
  shapesOf: ShapesOf,
): unknown {
  try {
    const { tables, counts } = tablesFrom(text, dataset, pieceBytes, shapesOf);
    const files = tables.map(({ file }) => Buffer.from(file).toString('latin1'));
    return { columns: tables.map(({ columns }) => columns), files, counts };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { code: error.code, place: /^.*? (is|has|names) /.exec(error.message)?.[0] };
  }
}

/** Of the answers that came, how many were read by the shapes of their rows. */
const seen = { answers: 0, known: 0 };

const counting: ShapesOf = (rows) => {
  const shapes = answerShapes(rows);
  return {
    needsEnd: shapes.needsEnd,
    read(window, limit, parsed) {
      const end = shapes.read(window, limit, parsed);
      seen.answers += 1;
      if (end >= 0) seen.known += 1;
      return end;
    },
    learn: (answer) => shapes.learn(answer),
  };
};

function expectSame(
  text: string | Uint8Array,
  dataset: Dataset,
  pieceBytes = Number.POSITIVE_INFINITY,
): void {
  const read = outcomeOf(text, dataset, pieceBytes, counting);
  expect(read).toEqual(outcomeOf(text, dataset, Number.POSITIVE_INFINITY, parseAll));
}

const pieceBytes = fc.constantFrom(1, 7, 64, 1_000, 100_000);

describe.each<Dataset>([everyLevel, onlyInnermost, nothingRequired, weatherapiForecast])(
  'answers of $name that are read by the shapes of their rows become the files, or the failure, that parsing gives:',
  (dataset) => {
    test('whatever comes [known-shapes]', () => {
      Object.assign(seen, { answers: 0, known: 0 });
      fc.assert(
        fc.property(rawTextOf(dataset), pieceBytes, (text, length) => expectSame(text, dataset, length)),
        { numRuns: runs(100) },
      );
      expect(seen.known).toBeGreaterThan(seen.answers / 20);
    });

    test('whatever was damaged [known-shapes]', () => {
      fc.assert(
        fc.property(damagedFileOf(dataset), pieceBytes, (text, length) => expectSame(text, dataset, length)),
        { numRuns: runs(50) },
      );
    });
  },
);

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
    for (const dataset of [everyLevel, nothingRequired]) expectSame(`${known}\n${odd}\n${known}`, dataset);
  });
});
