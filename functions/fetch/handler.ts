import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { fetchEnv, readEnv } from '../../shared/env.ts';
import { ConfigurationError } from '../../shared/errors.ts';
import type { FetchMetric } from '../../shared/metrics.ts';
import { s3Client } from '../../shared/s3-client.ts';
import { ApiKey } from './api-key.ts';
import { limits } from './limits.ts';
import type { Clock, Pause } from './passes.ts';
import { RawBucket } from './raw-bucket.ts';
import { type RunReport, run } from './run.ts';
import { parseRunEvent } from './run-event.ts';
import { WeatherApi } from './weatherapi.ts';

const env = readEnv(fetchEnv);
const logger = new Logger({ serviceName: 'fetch' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'fetch' });
const api = new WeatherApi(env.WEATHERAPI_URL, new ApiKey(new SecretsManagerClient(), env.API_KEY_SECRET));
const raw = new RawBucket(s3Client(), env.RAW_BUCKET);

const clock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/** `npm start` prints this line. */
function logPause({ places, seconds, reason }: Pause): void {
  logger.info(
    `Waiting for WeatherAPI (${reason}): asking for ${places === 1 ? 'one place' : `${places} places`} again in ${seconds} s`,
  );
}

async function fetchRun(event: unknown, context: Context): Promise<RunReport> {
  const runEvent = parseRunEvent(event);
  const deadline = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - limits.landing));
  const report = await run(runEvent, { api, raw, clock, onPause: logPause }, deadline);
  const { fetched, places, skipped, failed, missing, key, landed, runFailure } = report;

  const counts = {
    PlacesFetched: fetched,
    // Lambda tries a failed run again: only the last try counts what is lacking.
    PlacesSkipped: runFailure ? 0 : skipped.length,
    PlacesFailed: runFailure ? 0 : failed.length,
    PlacesMissing: missing.length,
    RunsLanded: key ? 1 : 0,
    RunsSkipped: key || runFailure || failed.length > 0 ? 0 : 1,
    QuotaSpent: report.quotaSpent ? 1 : 0,
  } satisfies Record<FetchMetric, number>;
  for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, value);

  if (skipped.length > 0)
    logger.warn('Places skipped this hour', { skipped: skipped.slice(0, 20), of: skipped.length });
  if (failed.length > 0) logger.error('Places failed', { failed: failed.slice(0, 20), of: failed.length });
  if (missing.length > 0)
    logger.error('Places without data for the third time', {
      missing: missing.slice(0, 20),
      of: missing.length,
    });
  if (key) logger.info(landed ? 'Landed' : 'Landed before', { key, fetched, places });
  else logger.warn('Nothing landed for this hour', { scheduledTime: runEvent.scheduledTime });
  if (runFailure) {
    throw new ConfigurationError(
      `WeatherAPI refuses every call: ${runFailure}. Check the key (npx tdf set-key), the plan and the base URL.`,
    );
  }
  return report;
}

export const handler = middy(fetchRun).use(logMetrics(metrics));
