import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readTemplate } from '../../local/template.ts';
import { currentWeather } from '../../local/weatherapi/weather.ts';
import { assemblyDirectory } from '../assembly.ts';
import { query } from '../functions/convert/converted.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';

const rawKey = 'weatherapi/current/dt=2026-11-22/backfill.ndjson';
const start = new Date('2026-11-22T00:00:00Z');
const bytes = 300 * 1024 * 1024;

let pipeline: Pipeline;

beforeEach(async () => {
  pipeline = await startPipeline(await readTemplate(assemblyDirectory()));
});
afterEach(() => pipeline.close());

/** Lines of some 300 MiB: one response, of which the time and the temperature count up. */
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

test('a file of 300 MiB goes through the deployed bundle, within its memory, and every row is there once', async () => {
  const { text, lines } = backfill();
  await pipeline.drop(rawKey, text);
  await pipeline.runtime.settled({ timeout: 100_000 });

  expect(pipeline.deadLetters()).toEqual([]);
  const [curatedKey = ''] = pipeline.curatedKeys();
  const [rows] = await query(
    await pipeline.curatedBytes(curatedKey),
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
