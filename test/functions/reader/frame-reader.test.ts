import { describe, expect, test } from '@jest/globals';
import { Column } from '../../../functions/parquet/column.ts';
import { type AnswerShapes, answerShapes } from '../../../functions/reader/answer-shapes.ts';
import { RecordReader } from '../../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../../functions/rows/answer-rows.ts';
import type { Dataset } from '../../../shared/dataset.ts';
import { weatherapiForecast } from '../../../shared/datasets/weatherapi-forecast.ts';
import { PermanentError } from '../../../shared/errors.ts';
import fc, { runs } from '../../fast-check.ts';
import { pieces } from '../convert/converted.ts';
import { bytesOf, undeclaredMembers } from '../convert/properties/undeclared.ts';
import { seenIn } from './outcome.ts';

/** The cells of every table, row by row, or the failure; and how many answers were read without parsing all of them. */
function outcomeOf(
  text: string | Uint8Array,
  pieceBytes: number,
  shapesOf: (rows: AnswerRows) => AnswerShapes | undefined,
  dataset: Dataset = weatherapiForecast,
) {
  const tables: string[][] = dataset.tables.map(() => []);
  const rows = new AnswerRows(dataset, { rawKey: 'key', fetchedAt: null }, (group, table) => {
    const columns = group.columns.map(({ type }, number) => new Column(group, number, type));
    for (let row = 0; row < group.rowCount; row++) {
      const cells = columns.map((column) => (column.present[row] ? column.cell(row) : null));
      tables[table]?.push(
        cells
          .map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell).toString() : String(cell)))
          .join('|'),
      );
    }
  });
  try {
    const reader = new RecordReader(rows, shapesOf(rows));
    const bytes = typeof text === 'string' ? bytesOf(text) : text;
    for (const piece of pieces(bytes, pieceBytes)) reader.push(piece);
    reader.end();
    rows.end();
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { code: error.code, place: /^.*? (is|has|names) /.exec(error.message)?.[0] };
  }
  return { tables, answers: rows.answerCount, rescued: rows.rescuedFields };
}

/** No answer is read by its shape: each is parsed. */
const parseAll = () => undefined;

const scalar = fc.constantFrom(
  '1', '-3.5', '0', '-0', '1e3', '12345678901234567', 'null', 'true', '"x"', '"Zürich"', '"a\\"b"', '""', '"2026-11-22"',
  '"2026-02-30"', '[]', '[1]', '{}', '{"a":1}', '"\\ud800"', '"\\"hour\\":["', '',
); // biome-ignore format: a list

/** Mostly what is there always, so that answers are of few forms. */
const usually = (common: string) =>
  fc.oneof({ arbitrary: fc.constant(common), weight: 30 }, { arbitrary: scalar, weight: 1 });
const members = (common: Readonly<Record<string, fc.Arbitrary<string>>>, strangers = noStrangers) =>
  fc.tuple(fc.record(common), strangers).chain(([values, others]) =>
    fc
      .oneof(
        { arbitrary: fc.constant(values), weight: 30 },
        {
          arbitrary: fc
            .subarray(Object.keys(values))
            .map((kept) => Object.fromEntries(kept.map((name) => [name, values[name] ?? '0']))),
          weight: 1,
        },
        { arbitrary: scalar.map((value) => ({ ...values, new: value })), weight: 1 },
      )
      .map((each: Readonly<Record<string, string>>) => {
        const own = Object.entries(each).map(([name, value]) => `"${name}":${value}`);
        return `{${own.toSpliced(1, 0, ...others).join(',')}}`;
      }),
  );
const list = (element: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(element, { maxLength }).map((elements) => `[${elements.join(',')}]`);

/** The objects of an answer that may have undeclared members. */
const objects = ['answer', 'location', 'current', 'day', 'astro', 'hour', 'condition', 'alert'] as const;
type Strangers = Partial<Record<(typeof objects)[number], fc.Arbitrary<string[]>>>;
const noStrangers: fc.Arbitrary<string[]> = fc.constant([]);
const inSome = fc
  .tuple(fc.subarray([...objects], { minLength: 1 }), fc.constantFrom(false, false, true))
  .chain(([chosen, isOdd]) =>
    fc.record(Object.fromEntries(chosen.map((name) => [name, undeclaredMembers([], isOdd)]))),
  );
const strangers: fc.Arbitrary<Strangers> = fc.oneof(
  fc.constant({}),
  undeclaredMembers([], false).map((hour) => ({ hour })),
  inSome,
);

const answerWith = (undeclared: Strangers) => {
  const hour = members(
    {
      time_epoch: usually('1795305600'),
      temp_c: fc.constantFrom('21.6', '3', 'null'),
      condition: members({ text: usually('"Sunny"') }, undeclared.condition),
    },
    undeclared.hour,
  );
  const day = members(
    {
      date: fc.constantFrom('"2026-11-22"', '"2026-11-23"'),
      date_epoch: usually('1795305600'),
      day: members({ maxtemp_c: usually('30.1'), condition: members({ text: usually('"Fog"') }) }),
      astro: members({ sunrise: usually('"06:12 AM"') }, undeclared.astro),
      hour: fc.oneof({ arbitrary: list(hour, 3), weight: 20 }, { arbitrary: scalar, weight: 1 }),
    },
    undeclared.day,
  );
  return members(
    {
      location: members(
        { name: fc.constantFrom('"Oslo"', '"Zürich"', 'null'), lat: fc.constantFrom('2.5', 'null') },
        undeclared.location,
      ),
      current: members(
        { temp_c: usually('1.5'), condition: members({ text: usually('"Sunny"') }) },
        undeclared.current,
      ),
      forecast: members({
        forecastday: fc.oneof({ arbitrary: list(day, 2), weight: 20 }, { arbitrary: scalar, weight: 1 }),
      }),
      alerts: members({
        alert: list(
          members({ headline: usually('"Storm"'), desc: usually('"It blows."') }, undeclared.alert),
          2,
        ),
      }),
    },
    undeclared.answer,
  );
};
const texts = fc
  .tuple(
    strangers.chain((undeclared) => fc.array(answerWith(undeclared), { minLength: 1, maxLength: 8 })),
    fc.constantFrom('\n', '\r\n', ','),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([answers, separator, isRepeated, isSpaced]) => {
    const all = isRepeated ? answers.flatMap((each) => [each, each, each]) : answers;
    const text = separator === ',' ? `[${all.join(',')}]` : all.join(separator);
    return isSpaced ? text.replaceAll('"hour":[{"', '"hour": [{"') : text;
  });
/** No part is required of the second one, so that there may be no row for what an answer has. */
const datasets = fc.constantFrom<Dataset>(weatherapiForecast, { ...weatherapiForecast, required: [] });
const pieceBytes = fc.constantFrom(1, 7, 64, 10_000);

describe('an answer with rows inside that is read by shapes becomes the rows, or the failure, that parsing gives:', () => {
  test('whatever comes [known-shapes]', () => {
    fc.assert(
      fc.property(texts, pieceBytes, datasets, (text, length, dataset) => {
        expect(outcomeOf(text, length, answerShapes, dataset)).toEqual(
          outcomeOf(text, length, parseAll, dataset),
        );
      }),
      { numRuns: runs(400) },
    );
  });

  test('whatever was damaged [known-shapes]', () => {
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(texts, damage, pieceBytes, datasets, (text, { at, remove, insert }, length, dataset) => {
        const bytes = Buffer.from(text);
        const place = Math.floor(at * bytes.length);
        const damaged = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
        expect(outcomeOf(damaged, length, answerShapes, dataset)).toEqual(
          outcomeOf(damaged, length, parseAll, dataset),
        );
      }),
      { numRuns: runs(400) },
    );
  });
});

const small = (days: readonly string[], location = '"name":"Oslo","lat":2') =>
  `{"location":{${location}},"current":{"temp_c":1},"forecast":{"forecastday":[${days.join(',')}]},"alerts":{"alert":[]}}`;
const smallDay = (date: string, hours: string) => `{"date":${date},"day":{"maxtemp_c":3},"hour":${hours}}`;
const full = smallDay('"2026-11-22"', '[{"uv":1},{"uv":2}]');

const drifting = (uv: string, more: string) =>
  smallDay('"2026-11-22"', `[{"uv":${uv},${more}},{"uv":2,${more}}]`);
const drifted = small([drifting('1', '"new":1.50,"remark":"x"')]);
const driftedAround = (text: string) =>
  text
    .replace('"lat":2', '"lat":2,"at":1.0')
    .replace('"date"', '"day_no":7,"date"')
    .replace(/}$/, ',"is_new":true}');

const lax: Dataset = { ...weatherapiForecast, required: [] };
const spaced = full.replace('[', ' [');

test.each<[what: string, one: string, other: string, dataset: Dataset]>([
  [
    'other values',
    small([full, full]),
    small([smallDay('"2026-11-23"', '[]'), full], '"name":null,"lat":-3'),
    lax,
  ],
  ['no value of a required part', small([full]), small([full], '"name":null,"lat":null'), weatherapiForecast],
  [
    'no value of a day',
    small([full]),
    small(['{"date":null,"day":{"maxtemp_c":null},"hour":[]}']),
    weatherapiForecast,
  ],
  ['hours after a space', small([full, spaced]), small([full, spaced]), weatherapiForecast],
  ['hours after a space, and then without', small([spaced, full]), small([spaced, full]), weatherapiForecast],
  [
    'an empty list after a space',
    small([full, smallDay('null', ' []')]),
    small([full, smallDay('null', ' []')]),
    lax,
  ],
  [
    'a value that is too long',
    small([full]),
    small([full]).replace('"lat":2', '"lat":1234567890123456'),
    lax,
  ],
  ['a value that is ignored and odd', small([full]), small([full]).replace('"temp_c":1', '"temp_c":-0'), lax],
  ['something behind it', small([full]), `${small([full])}}`, weatherapiForecast],
  ['no row for any value', small([]), small([]), lax],
  [
    'rows for a value no more',
    '{"location":{"lat":2},"alerts":{"alert":[{"headline":"Storm"}]}}',
    '{"location":{"lat":2},"alerts":{"alert":[]}}',
    lax,
  ],
  [
    'undeclared scalars in rows',
    drifted,
    small([drifting('1', '"new":0.10,"remark":"y"'), drifting('2', '"new":null,"remark":""')]),
    weatherapiForecast,
  ],
  ['no undeclared scalar in the rows any more', drifted, small([full]), weatherapiForecast],
  ['undeclared scalars in rows and around them', drifted, driftedAround(drifted), weatherapiForecast],
  [
    'undeclared scalars in rows and around them, and then around others',
    driftedAround(drifted),
    driftedAround(small([full, drifting('1', '"new":2.0,"remark":"x"')])),
    weatherapiForecast,
  ],
  ['undeclared scalars around no rows', driftedAround(drifted), driftedAround(small([])), lax],
  [
    'undeclared scalars in what is ignored',
    drifted,
    drifted.replace('"temp_c":1', '"temp_c":2,"new":1'),
    lax,
  ],
  [
    'a value of another type beside undeclared scalars',
    drifted,
    small([full, drifting('"high"', '"new":0.10,"remark":"y"')]),
    weatherapiForecast,
  ],
  [
    'an undeclared object, where a scalar was, in the last row',
    drifted,
    drifted.replace(/"new":1.50(?=[^[]*$)/, '"new":{}'),
    weatherapiForecast,
  ],
  [
    'elements of undeclared scalars alone, among rows and before them',
    small([drifting('1', '"new":1').replace('[', '[{"new":1},').replace(']', ',{"new":2}]')]),
    small([smallDay('"2026-11-22"', '[{"new":1},{"new":2},{"uv":1,"new":3}]')]),
    weatherapiForecast,
  ],
  [
    'an undeclared name twice in the last row',
    drifted,
    drifted.replace(/"remark"(?=[^[]*$)/, '"new"'),
    weatherapiForecast,
  ],
  [
    'no value of a required part, beside undeclared scalars',
    drifted,
    small([drifting('1', '"new":1,"remark":"x"')], '"name":null,"lat":null'),
    weatherapiForecast,
  ],
  ['only values that are ignored', '{"current":{"uv":1}}', '{"current":{"uv":2}}', lax],
])(
  'an answer is read as it is parsed, after others of its form: %s [known-shapes]',
  (_what, one, other, dataset) => {
    for (const text of [`${one}\n${one}\n${one}\n${other}`, `[${one},${one},${one},${other}]`]) {
      const { length } = text;
      expect(outcomeOf(text, length, answerShapes, dataset)).toEqual(
        outcomeOf(text, length, parseAll, dataset),
      );
    }
  },
);

test.each([
  ['whatever their numbers of hours and alerts', ''],
  ['with undeclared scalars in hours and alerts', ',"new":1.50,"remark":"x"'],
])('answers of one form are not parsed any more, %s', (_what, more) => {
  const of = (hours: number, alerts: number) =>
    `{"location":{"name":"Oslo"},"forecast":{"forecastday":[{"date":"2026-11-22","hour":[${Array(hours).fill(`{"uv":1${more}}`)}]}]},` +
    `"alerts":{"alert":[${Array(alerts).fill(`{"headline":"Storm"${more}}`)}]}}`;
  const text = [of(2, 1), of(2, 1), of(24, 0), of(25, 2), of(0, 0)].join('\n');
  let parsedValues = 0;
  const { tables } = outcomeOf(text, 10_000, (rows) => {
    const shapes = answerShapes(rows);
    return {
      needsEnd: shapes.needsEnd,
      read: (window, limit, parsed) => {
        const add = parsed.add.bind(parsed);
        parsed.add = (values) => {
          parsedValues += values;
          add(values);
        };
        const end = shapes.read(window, limit, parsed);
        parsed.add = add;
        return end;
      },
      learn: (...learnt) => shapes.learn(...learnt),
    };
  }) as { tables: string[][] };
  expect(tables.map(({ length }) => length)).toEqual([53, 5, 4]);
  expect(seenIn(text, weatherapiForecast).known).toBe(4);
  // The frame of the second answer, from which its form is learnt.
  expect(parsedValues).toBe(12);
});
