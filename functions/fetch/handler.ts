import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { fetchEnv, readEnv } from '../../shared/env.ts';
import { ConfigurationError } from '../../shared/errors.ts';
import type { DatasetMetric, FetchMetric } from '../../shared/metrics.ts';
import { type RunEnd, runEnded, runStarted } from '../../shared/run-log.ts';
import { s3Client } from '../../shared/s3-client.ts';
import { ApiKey } from './api-key.ts';
import { limits } from './limits.ts';
import type { Clock, Pause } from './passes.ts';
import { RawBucket } from './raw-bucket.ts';
import { type RunReport, run } from './run.ts';
import { ownDay, parseRunEvent } from './run-event.ts';
import { WeatherApi } from './weatherapi.ts';

const env = readEnv(fetchEnv);
const logger = new Logger({ serviceName: 'fetch' });
const metricSettings = { namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'fetch' };
const metrics = new Metrics(metricSettings);
const metricsOfDataset = new Metrics(metricSettings);
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
  logger.resetKeys(); // Those of an earlier run.
  const runEvent = parseRunEvent(event);
  const dataset = runEvent.dataset.name;
  logger.appendKeys({ dataset, scheduledTime: runEvent.scheduledTime.toISOString(), day: runEvent.day });
  logger.info(runStarted, { places: runEvent.locations.length });
  const deadline = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - limits.landing));
  const report = await run(runEvent, { api, raw, clock, onPause: logPause }, deadline).catch(
    (error: Error) => {
      logger.error(runEnded, { ...failedWith(error) });
      throw error;
    },
  );
  const { fetched, skipped, failed, missing, keys, runFailure } = report;
  const hasLanded = keys.length > 0;

  const counts = {
    PlacesFetched: fetched,
    // Lambda tries a failed run again: only the last try counts what is lacking.
    PlacesSkipped: runFailure ? 0 : skipped.length,
    PlacesFailed: runFailure ? 0 : failed.length,
    PlacesMissing: missing.length,
    QuotaSpent: report.quotaSpent ? 1 : 0,
  } satisfies Record<FetchMetric, number>;
  count(metrics, counts);
  const isSkipped = !hasLanded && !runFailure && failed.length === 0;
  // A backfill of old days says nothing about the schedule, whose alarms these feed.
  const isOwnDay = runEvent.day === ownDay(runEvent);
  const countsOfDataset = {
    RunsLanded: isOwnDay && hasLanded ? 1 : 0,
    RunsSkipped: isOwnDay && isSkipped ? 1 : 0,
  } satisfies Record<DatasetMetric, number>;
  metricsOfDataset.addDimension('dataset', dataset);
  count(metricsOfDataset, countsOfDataset);
  metricsOfDataset.publishStoredMetrics();

  const end = endOf(report);
  const isError = end.outcome === 'failed' || failed.length > 0 || missing.length > 0;
  logger[isError ? 'error' : skipped.length > 0 ? 'warn' : 'info'](runEnded, { ...end });
  if (runFailure) {
    throw new ConfigurationError(
      `WeatherAPI refuses every call: ${runFailure}. Check the key (npx tdf set-key), the plan and the base URL.`,
    );
  }
  return report;
}

function count(to: Metrics, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) to.addMetric(name, MetricUnit.Count, value);
}

function endOf({ keys, landed, fetched, places, skipped, failed, missing, runFailure }: RunReport): RunEnd {
  const withoutData = failed.length > 0 ? 'failed' : 'skipped';
  return {
    outcome: runFailure ? 'failed' : keys.length > 0 ? 'landed' : withoutData,
    keys: keys.slice(0, 20),
    landed,
    fetched,
    places,
    skipped: skipped.slice(0, 20),
    failed: failed.slice(0, 20),
    missing: missing.slice(0, 20),
    reason: runFailure,
  };
}

/** The end of a run that threw. */
function failedWith({ name, message }: Error): RunEnd {
  const noPlaces = { keys: [], landed: 0, fetched: 0, places: 0, skipped: [], failed: [], missing: [] };
  return { outcome: 'failed', reason: `${name}: ${message}`, ...noPlaces };
}

export const handler = middy(fetchRun).use(logMetrics(metrics));
