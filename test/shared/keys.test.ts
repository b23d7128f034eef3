import { describe, expect, test } from '@jest/globals';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { PermanentError } from '../../shared/errors.ts';
import {
  curatedKeys,
  dayOf,
  filedKey,
  parseRawKey,
  placeDayKey,
  rawKey,
  runTime,
} from '../../shared/keys.ts';
import fc, { runs } from '../fast-check.ts';

const folder = 'weatherapi/current/dt=2026-11-22/';

const filed = (key: string) => filedKey(parseRawKey(key), '2026-11-22');

/** Where a raw key leads, table by table: an undated one by way of the key that it is filed under. */
function allCurated(key: string): string[] {
  const { day, ...parsed } = parseRawKey(key);
  return day === undefined ? allCurated(filed(key)) : curatedKeys({ ...parsed, day });
}

/** Of a dataset of one table. */
function curated(key: string): string {
  const [only = ''] = allCurated(key);
  return only;
}

describe("a run's raw key", () => {
  test.each([
    ['2026-11-22T05:00:00Z', 'dt=2026-11-22/20261122T050000Z.json'],
    ['2026-11-22T05:00:00.999Z', 'dt=2026-11-22/20261122T050000Z.json'],
    ['2026-11-22T00:30:00+11:00', 'dt=2026-11-21/20261121T133000Z.json'],
    ['2026-12-31T23:30:00-01:00', 'dt=2027-01-01/20270101T003000Z.json'],
    // The hour that Melbourne's clocks show twice is two hours in UTC.
    ['2026-04-05T02:30:00+11:00', 'dt=2026-04-04/20260404T153000Z.json'],
    ['2026-04-05T02:30:00+10:00', 'dt=2026-04-04/20260404T163000Z.json'],
  ])('tells the scheduled time %s in UTC', (time, key) => {
    expect(rawKey(weatherapiCurrent, new Date(time))).toBe(`weatherapi/current/${key}`);
  });

  test('is mirrored in each table of its dataset', () => {
    const key = rawKey(weatherapiForecast, new Date('2026-11-22T06:00:00Z'));
    expect(key).toBe('weatherapi/forecast/dt=2026-11-22/20261122T060000Z.json');
    expect(allCurated(key)).toEqual(
      ['forecast_hour', 'forecast_day', 'alert'].map(
        (table) => `weatherapi/${table}/dt=2026-11-22/20261122T060000Z.parquet`,
      ),
    );
  });

  test('is mirrored, and says its dataset and day', () => {
    const key = rawKey(weatherapiCurrent, new Date('2026-11-22T05:00:00Z'));
    expect(parseRawKey(key)).toEqual({ key, dataset: weatherapiCurrent, day: '2026-11-22' });
    expect(curated(key)).toBe(`${folder}20261122T050000Z.parquet`);
  });
});

describe('the raw key of a place and a day', () => {
  const of = (place: string, day = '2026-11-21') => placeDayKey(weatherapiHistory, day, place);

  test.each([
    ['Oslo', 'Oslo'],
    ['48.85,2.35', '48.85-2.35'],
    ['iata:DXB', 'iata-DXB'],
    ['São Paulo', 'S-o-Paulo'],
    ['日本', 'file'],
    ['a/b.json', 'b'],
  ])('keeps what is readable of %s and adds a digest', (place, readable) => {
    expect(of(place)).toMatch(/^weatherapi\/history\/dt=2026-11-21\/[^/]*\.[0-9a-f]{12}\.json$/);
    expect(of(place).slice(folder.length, -'.0123456789ab.json'.length)).toBe(readable);
    expect(parseRawKey(of(place))).toMatchObject({ dataset: weatherapiHistory, day: '2026-11-21' });
  });

  test('is one for each place and day, whoever asks for it', () => {
    const places = ['Oslo', 'oslo', 'Oslo ', 'x/Oslo', 'Oslo.json', '日本', '日本 '];
    const keys = places.flatMap((place) => [of(place), of(place, '2026-11-20')]);
    expect(new Set(keys).size).toBe(2 * places.length);
    expect(of('Oslo')).toBe(of('Oslo'));
    expect(keys.map(runTime).filter((time) => time !== undefined)).toEqual([]);
  });
});

test('a day is of UTC', () => {
  expect(dayOf(new Date('2026-11-22T23:59:59.999-01:00'))).toBe('2026-11-23');
});

describe('the day of the raw key', () => {
  test.each([
    ['dt=2026-11-22/a.json', '2026-11-22'],
    ['dt=2024-02-29/sub/folder/a.json', '2024-02-29'],
    ['a.json', undefined],
    ['sub/dt=2026-11-22/a.json', undefined],
    ['dt=2026-11-22', undefined],
    ['DT=2026-11-22/a.json', undefined],
  ])('%s is %s', (key, day) => {
    expect(parseRawKey(`weatherapi/current/${key}`).day).toBe(day);
  });

  test.each([
    'dt=/a',
    'dt=2026-11-31/a',
    'dt=2026-02-29/a',
    'dt=2026-13-01/a',
    'dt=2026-1-2/a',
    'dt=20261122/a',
    'dt=today/a',
    'dt=2026-11-22T05/a',
    'dt= 2026-11-22/a',
    'dt=+02026-11-22/a',
  ])('%s is a permanent failure', (key) => {
    expect(() => parseRawKey(`weatherapi/current/${key}`)).toThrow(PermanentError);
    expect(() => parseRawKey(`weatherapi/current/${key}`)).toThrow('Expected dt=YYYY-MM-DD');
  });
});

test.each([
  'a.json',
  'raw/2024/1/1/5.json',
  'weatherapi/a.json',
  'weatherapi/currently/a.json',
  'weatherapi/current',
  '/weatherapi/current/a.json',
  'Weatherapi/current/a.json',
  '',
])('a key under no dataset is a permanent failure that tells where to put the file: %j', (key) => {
  expect(() => parseRawKey(key)).toThrow(PermanentError);
  expect(() => parseRawKey(key)).toThrow('Put the file under one of: weatherapi/current/');
});

describe('the curated key', () => {
  test.each(['a.json', '20261122T050000Z.json', 'A-b_c.d.json', '7.json', `${'x'.repeat(200)}.json`])(
    'mirrors %s',
    (name) => {
      expect(curated(`${folder}${name}`)).toBe(`${folder}${name.replace(/json$/, 'parquet')}`);
    },
  );

  test.each([
    ['a sub-folder', `${folder}sub/a.json`, 'a'],
    ['another ending', `${folder}a.ndjson`, 'a.ndjson'],
    ['a gzipped file', `${folder}a.json.gz`, 'a.json.gz'],
    ['an ending in capitals', `${folder}a.JSON`, 'a.JSON'],
    ['no ending', `${folder}a`, 'a'],
    ['a name that Athena would hide', `${folder}_a.json`, 'a'],
    ['a hidden name', `${folder}.a.json`, 'a'],
    ['nothing but an ending', `${folder}.json`, 'file'],
    ['spaces and signs', `${folder}my file (1)+ä=%.json`, 'my-file-1-'],
    ['no name', folder, 'file'],
    ['nothing that is readable', `${folder}日本`, 'file'],
    ['the look of a digest', `${folder}a.0123456789ab.json`, 'a.0123456789ab'],
    ['a very long name', `${folder}${'x'.repeat(500)}.json`, 'x'.repeat(80)],
  ])('of a key with %s keeps what is readable and adds a digest', (_what, key, readable) => {
    const curatedName = curated(key).slice(folder.length);
    expect(curated(key).startsWith(folder)).toBe(true);
    expect(curatedName.slice(0, -'.0123456789ab.parquet'.length)).toBe(readable);
    expect(curatedName).toMatch(/\.[0-9a-f]{12}\.parquet$/);
  });
});

describe('the key under which an undated object is filed', () => {
  test.each([
    ['a.json', 'a'],
    ['folder/a.json', 'a'],
    ['a.json.gz', 'a.json.gz'],
    ['sub/dt=2020-01-01/_my file.ndjson', 'my-file.ndjson'],
    ['日本', 'file'],
  ])('keeps what is readable of %s and adds a digest', (name, readable) => {
    const key = filed(`weatherapi/current/${name}`);
    expect(key.startsWith(`${folder}${readable}.`)).toBe(true);
    expect(key).toMatch(/\.[0-9a-f]{12}\.json$/);
    expect(parseRawKey(key).day).toBe('2026-11-22');
  });

  test('is one for each key', () => {
    const keys = ['a.json', 'a', 'x/a.json', 'A.json'].map((name) => filed(`weatherapi/current/${name}`));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

/** None when the key is refused. */
function curatedOrNone(key: string): string[] {
  try {
    return allCurated(key);
  } catch (error) {
    expect(error).toMatchObject({ name: 'PermanentError', code: 'unknown-dataset' });
    return [];
  }
}

// biome-ignore format: a list
const parts = [
  '/', '//', '.', '..', '_', '-', ' ', '+', '%', '=', 'a', 'A', 'b', 'ä', '日', '🚴', '\n', '\0', '\\', '*', 'dt=', 'dt=2026-11-22/',
  'dt=2024-02-29/', 'dt=2026-02-29/', '.json', '.json.gz', '.JSON', '.parquet', '.0123456789ab', '0123456789ab', '.json\n',
];
const name = fc.oneof(
  fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map((all) => all.join('')),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.toWellFormed()),
  fc
    .tuple(fc.constantFrom('x', 'ä', '日', '🚴', '/', '.'), fc.nat(1024))
    .map(([unit, count]) => unit.repeat(count)),
);
/** S3 allows 1024 bytes of UTF-8. */
const anyKey = fc
  .tuple(
    fc.constantFrom(
      '',
      'weatherapi/current',
      ...Array(8).fill('weatherapi/current/'),
      ...Array(4).fill('weatherapi/history/'),
    ),
    fc.constantFrom('', 'dt=2026-11-22/'),
    name,
  )
  .map((all) => all.join(''))
  .filter((key) => Buffer.byteLength(key) <= 1024);

describe('of any raw key,', () => {
  test('the curated key is one that S3 takes and Athena shows, of the same day, or there is none', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        for (const target of curatedOrNone(key)) {
          const [, table, folder] =
            /^weatherapi\/([a-z_]+)\/dt=(\d{4}-\d\d-\d\d)\/[A-Za-z0-9][A-Za-z0-9._-]*\.parquet$/.exec(
              target,
            ) ?? [];
          expect(['current', 'history_hour', 'history_day']).toContain(table);
          expect(folder).toBe(/^weatherapi\/[a-z]+\/dt=([^/]*)\//.exec(key)?.[1] ?? '2026-11-22');
          expect(target.length).toBeLessThanOrEqual(1024);
          expect(target).not.toContain('/../');
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  test('the limit of 1024 bytes is met exactly', () => {
    for (const unit of ['x', '.', '_', '/', '..', ' ']) {
      for (const prefix of ['weatherapi/current/', folder]) {
        for (const ending of ['', '.json']) {
          const room = 1024 - prefix.length - ending.length;
          const key = `${prefix}${unit.repeat(room).slice(0, room)}${ending}`;
          expect(Buffer.byteLength(key)).toBe(1024);
          expect(curated(key)).toMatch(/\/[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.[0-9a-f]{12}\.parquet$/);
        }
      }
    }
  });

  test('no other raw key has the same curated key [own-curated-key]', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyKey, { minLength: 2, maxLength: 20 }), (keys) => {
        // And those of whoever names a raw file after a curated one.
        const mimics = keys
          .flatMap(curatedOrNone)
          .map((key) => key.replace('/history_hour/', '/history/'))
          .flatMap((key) => [key, key.replace(/parquet$/, 'json')]);
        const all = [...new Set([...keys, ...mimics])];
        const targets = all.flatMap(curatedOrNone);
        expect(new Set(targets).size).toBe(targets.length);
      }),
      { numRuns: runs(150) },
    );
  });
});
