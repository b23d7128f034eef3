import { setTimeout } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { compactEnv, readEnv } from '../../shared/env.ts';
import { dayPrefix, tableDayOf } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import type { CompactMetric } from '../../shared/metrics.ts';
import { s3Client } from '../../shared/s3-client.ts';
import { type EventObject, objectEvent } from '../../shared/s3-event.ts';
import type { SubjectName } from '../data-stage/dead-letter.ts';
import type { Subject } from '../data-stage/message.ts';
import { stageHandler } from '../data-stage/stage-handler.ts';
import { type Compacted, compactDay } from './compact-day.ts';
import { limits } from './limits.ts';

type Done = Compacted | { readonly kind: 'ignored' };

const env = readEnv(compactEnv);
const logger = new Logger({ serviceName: 'compact' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'compact' });
const dependencies = { s3: s3Client(), curated: env.CURATED_BUCKET, compacted: env.COMPACTED_BUCKET };

export const handler = stageHandler<Done>({
  logger,
  metrics,
  env,
  source: env.CURATED_BUCKET,
  reserve: limits.reserve,
  retries: 'CompactRetries',
  subjectOf,
  report,
});

function subjectOf({ bucket, key, record }: EventObject): Subject<Done> {
  try {
    const of = tableDayOf(key);
    return {
      name: { table: of.table.name, day: of.day },
      message: objectEvent({ bucket, key: dayPrefix(of), size: 0 }),
      work: (signal) => {
        // When the time is over, the next round says so.
        const wait = (milliseconds: number) =>
          setTimeout(milliseconds, undefined, { signal }).catch(() => {});
        return compactDay(of, { ...dependencies, signal, wait });
      },
    };
  } catch (error) {
    return {
      name: { key },
      message: JSON.stringify({ Records: [record] }),
      work: async () => {
        if (await isThere(key)) throw error;
        // As the reason of its dead letter asked for.
        return { kind: 'ignored' };
      },
    };
  }
}

/** By a listing: compact may read no object that is not of a table. */
async function isThere(key: string): Promise<boolean> {
  const { value } = await listObjects(dependencies.s3, env.CURATED_BUCKET, { prefix: key }).next();
  return value?.key === key;
}

function report(done: Done, name: SubjectName): void {
  const { kind: _, ...counts } = done;
  const details = { ...name, ...counts };
  switch (done.kind) {
    case 'compacted':
      logger.info('Compacted', details);
      count('DaysCompacted', 1);
      break;
    case 'current':
      logger.info('Current already: it was made of these parts', details);
      break;
    case 'removed':
      logger.info('Removed: the day has no parts left', details);
      break;
    case 'ignored':
      logger.info('Ignored: it is gone, and was not of a table', details);
      break;
  }
}

function count(metric: CompactMetric, value: number): void {
  metrics.addMetric(metric, MetricUnit.Count, value);
}
