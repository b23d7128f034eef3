import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { limits } from '../../../functions/fetch/limits.ts';
import { endpoints } from '../../../local/weatherapi/endpoints.ts';
import { resolvePlace } from '../../../local/weatherapi/places.ts';
import { weatherapiForecast } from '../../../shared/datasets/weatherapi-forecast.ts';
import { rawKey } from '../../../shared/keys.ts';
import { type Aws, startAws } from '../../aws.ts';
import type { LargeRun, LargeRunReport } from './large-run.ts';

const now = new Date('2026-11-22T06:00:00Z');
const query = new URLSearchParams({ days: '14', aqi: 'yes', pollen: 'yes', alerts: 'yes' });
const place = resolvePlace('Oslo');
if (!place) throw new Error('The stand-in does not know Oslo.');
const answer = JSON.stringify(endpoints.forecast?.({ place, now, query, plan: 'pro' }));
/** As long as those of WeatherAPI. */
const body = Buffer.from(answer.padEnd(420_000));
/** What a function with 512 MB has. */
const cpus = 512 / 1769;

let aws: Aws;
const server = createServer((_request, response) => response.end(body));
beforeAll(async () => {
  aws = await startAws();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await aws.stop();
});

async function runOf(places: number): Promise<LargeRunReport> {
  const { port } = server.address() as AddressInfo;
  const setting: LargeRun = {
    dataset: weatherapiForecast.name,
    places,
    apiUrl: `http://127.0.0.1:${port}/v1`,
    s3: aws.config,
  };
  const script = fileURLToPath(new URL('large-run.ts', import.meta.url));
  // As Lambda starts Node in a function with 512 MB.
  const args = ['--max-old-space-size=460', script, JSON.stringify(setting)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as LargeRunReport;
}

test('a thousand places of 14 forecast days land in the memory and the time of the function [large-run]', async () => {
  const { fetched, reasons, peakMemory, asking, landing } = await runOf(1000);
  expect({ fetched, reasons }).toEqual({ fetched: 1000, reasons: [] });
  expect(peakMemory).toBeLessThan(420);
  expect(asking / cpus).toBeLessThan((limits.timeout - limits.patience - limits.landing) / 1000);
  expect(landing / cpus).toBeLessThan(limits.landing / 1000);

  const { body: landed } = await aws.object('raw', rawKey(weatherapiForecast, now));
  expect(landed.length).toBe(1000 * (body.length + 1));
}, 120_000);
