import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { fetchEnv, readEnv } from '../../shared/env.ts';
import { ConfigurationError } from '../../shared/errors.ts';
import type { FetchMetric } from '../../shared/metrics.ts';
import { ApiKey } from './api-key.ts';
import { RawBucket } from './raw-bucket.ts';
import { type RunReport, run } from './run.ts';
import { parseRunEvent } from './run-event.ts';
import { WeatherApi } from './weatherapi.ts';

const env = readEnv(fetchEnv);
const logger = new Logger({ serviceName: 'fetch' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'fetch' });
const api = new WeatherApi(env.WEATHERAPI_URL, new ApiKey(new SecretsManagerClient(), env.API_KEY_SECRET));
const raw = new RawBucket(new S3Client(), env.RAW_BUCKET);

/** Milliseconds kept back from the function's time-out, to land what has come and to report. */
const landingTime = 10_000;

async function fetchRun(event: unknown, context: Context): Promise<RunReport> {
  const runEvent = parseRunEvent(event);
  const deadline = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - landingTime));
  const report = await run(runEvent, { api, raw, now: () => new Date() }, deadline);

  const counts = {
    PlacesFetched: report.fetched,
    PlacesSkipped: report.skipped.length,
    PlacesFailed: report.failed.length,
    PlacesMissing: 0,
    RunsLanded: report.landed ? 1 : 0,
    RunsSkipped: report.key || report.failed.length > 0 ? 0 : 1,
    QuotaSpent: report.quotaSpent ? 1 : 0,
  } satisfies Record<FetchMetric, number>;
  for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, value);

  const { fetched, skipped, failed, key, landed } = report;
  if (skipped.length > 0)
    logger.warn('Places skipped this hour', { skipped: skipped.slice(0, 20), of: skipped.length });
  if (failed.length > 0) logger.error('Places failed', { failed: failed.slice(0, 20), of: failed.length });
  if (key) logger.info(landed ? 'Landed' : 'Had landed before', { key, fetched });
  else logger.warn('Nothing landed for this hour', { scheduledTime: runEvent.scheduledTime });
  if (report.runFailure) {
    throw new ConfigurationError(
      `WeatherAPI refuses every call: ${report.runFailure}. Check the key, the plan and the base URL.`,
    );
  }
  return report;
}

export const handler = middy(fetchRun).use(logMetrics(metrics));
