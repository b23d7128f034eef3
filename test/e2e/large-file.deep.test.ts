import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { outlineOf } from '../../functions/reader/json-scan.ts';
import { maxParsedValues } from '../../functions/reader/parsed-values.ts';
import { maxTextBytes } from '../../functions/reader/plain-bytes.ts';
import { readTemplate } from '../../local/template.ts';
import { currentWeather } from '../../local/weatherapi/weather.ts';
import { assemblyDirectory } from '../assembly.ts';
import { query } from '../functions/convert/converted.ts';
import { type Stack, startStack } from '../stack.ts';

const forecast = (hours: string, more = '') =>
  `{"location":{"lat":2},"forecast":{"forecastday":[{"date":"2026-11-22","hour":[${hours}]}]}${more}}`;

/** The slowest that a file may have: each record is parsed, and each is a row of many columns. */
const parsedRecords: Readonly<Record<string, (number: number) => string>> = {
  'records with an undeclared array': (number) =>
    `{"location":{"lat":2},"current":{"uv":1},"new":[${number}]}`,
  'records with a number that is kept as it was written': (number) =>
    `{"location":{"lat":2},"current":{"uv":1},"new":-0,"newer":${number}}`,
  'records that are encoded twice': (number) =>
    JSON.stringify(`{"location":{"lat":2},"current":{"uv":1},"new":[${number}]}`),
  'forecasts with an undeclared field': (number) => forecast('', `,"new":${number}`),
  'records with escaped names and numbers that are kept as they were written': (number) =>
    `{"location":{"lat":2},"current":{"u\\u0076":${number}},"x":-0}`,
  'forecasts of which the last hour has to be parsed': (number) =>
    forecast(`${`{"uv":${number % 10}},`.repeat(900)}{"uv":-0}`),
};

/** The slowest records that need not be parsed. */
const knownRecords: typeof parsedRecords = {
  'records of one value': (number) => `{"location":{"lat":2},"current":{"uv":${number % 10}}}`,
  'forecasts with hours of one value': (number) =>
    // With more of them, an answer may have too many values to be read without counting.
    forecast(`${`{"uv":${number % 10}},`.repeat(700)}{"uv":1}`),
  'forecasts with hours of as many forms as are known': (number) =>
    forecast(Array.from({ length: 320 }, (_, hour) => hourOf(number, fieldsByTurns[hour % 8])).join(',')),
  'forecasts with a text of many brackets': (number) =>
    `{"location":{"name":"${':['.repeat(20_000)}"},"forecast":{"forecastday":[{"date":"2026-11-22","hour":[{"uv":${number % 10}}]}]}}`,
  'forecasts of nothing but days': (number) =>
    `{"location":{"lat":${number % 90}},"forecast":{"forecastday":[${Array(700).fill('{"date":"2026-11-22"}')}]}}`,
};

const fieldsByTurns = [
  'wind_mph',
  'wind_kph',
  'wind_degree',
  'pressure_mb',
  'pressure_in',
  'precip_mm',
  'precip_in',
  'cloud',
];

/** Undeclared values come first, so that they are read again for each form that does not fit. */
function hourOf(number: number, field: string | undefined): string {
  return `{"new":"abcabc","newer":${number % 10}.50,"${field}":1}`;
}

const rawKey = 'weatherapi/current/dt=2026-11-22/backfill.ndjson';
const forecastKey = 'weatherapi/forecast/dt=2026-11-22/backfill.ndjson';
const start = new Date('2026-11-22T00:00:00Z');
const bytes = 250 * 1024 * 1024;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

/** Lines of some 250 MiB: one response, of which the time and the temperature count up. */
function backfill(): { text: Buffer; lines: number } {
  const place = {
    name: 'Zürich',
    region: '',
    country: 'Switzerland',
    lat: 47.38,
    lon: 8.54,
    tz_id: 'Europe/Zurich',
  };
  const response = JSON.stringify(currentWeather(place, start, { aqi: true }));
  const [before = '', between = '', after = ''] = response.split(
    /(?<="localtime_epoch":)\d+|(?<="temp_c":)[-\d.]+/,
  );
  const text = Buffer.alloc(bytes);
  let lines = 0;
  for (let at = 0; ; lines++) {
    const line = `${before}${lines}${between}${lines / 10}${after}\n`;
    if (at + Buffer.byteLength(line) > bytes) return { text: text.subarray(0, at), lines };
    at += text.write(line, at);
  }
}

test('a file of 250 MiB goes through the deployed bundle, within its memory, and every row is there once [large-file]', async () => {
  const { text, lines } = backfill();
  await stack.put(rawKey, text);
  await stack.runtime.settled({ timeout: 100_000 });

  expect(stack.letters()).toEqual([]);
  const [[, parquet = Buffer.of()] = []] = await stack.curated();
  const [rows] = await query(
    parquet,
    `SELECT count(*)::INT AS lines, count(DISTINCT location_localtime_epoch)::INT AS instants,
       min(location_localtime_epoch)::INT AS first, max(location_localtime_epoch)::INT AS last,
       count(*) FILTER (temp_c <> location_localtime_epoch / 10)::INT AS mistaken,
       count(*) FILTER (location_name = 'Zürich')::INT AS placed, count(rescued)::INT AS rescued FROM $file`,
  );
  expect(rows).toEqual({
    lines,
    instants: lines,
    first: 0,
    last: lines - 1,
    mistaken: 0,
    placed: lines,
    rescued: 0,
  });
}, 120_000);

test.each([
  ...Object.entries(parsedRecords).map(([what, record]) => [what, record, true] as const),
  ...Object.entries(knownRecords).map(([what, record]) => [what, record, false] as const),
])(
  'what is as large as it may be is converted in half of the time-out, with one CPU: %s [slow-records]',
  async (_what, record, isParsed) => {
    const { resources } = await readTemplate(assemblyDirectory());
    const convert = resources.find(
      ({ type, path }) => type === 'AWS::Lambda::Function' && /Convert/.test(path),
    );
    const lines: string[] = [];
    for (let bytes = 0; bytes < 5e6; bytes += lines.at(-1)?.length ?? 0) lines.push(record(lines.length));
    const text = Buffer.from(lines.join('\n'));
    const key = lines[0]?.includes('forecast') ? forecastKey : rawKey;
    const values = lines.reduce((sum, line) => sum + valuesIn(line), 0);
    const program = join(import.meta.dirname, 'conversion-time.ts');
    const { stdout } = spawnSync(process.execPath, [program, key], { input: text, encoding: 'utf8' });
    const most = Math.min(
      maxTextBytes / text.length,
      isParsed ? maxParsedValues / values : Number.POSITIVE_INFINITY,
    );
    const seconds = Number(stdout) * most;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(Number(convert?.properties.Timeout) / 2);
  },
);

/** As the converter counts them; those of a text that is encoded twice, too. */
function valuesIn(line: string): number {
  const value: unknown = JSON.parse(line);
  return outlineOf(line).values + (typeof value === 'string' ? outlineOf(value).values : 0);
}
