import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { datasets } from '../../shared/datasets.ts';
import { DeadLetters } from '../../shared/dead-letters.ts';
import { readEnv, reconcileEnv } from '../../shared/env.ts';
import type { ReconcileMetric } from '../../shared/metrics.ts';
import { s3Client } from '../../shared/s3-client.ts';
import { sendMessages } from '../../shared/send-messages.ts';
import { deadIn } from './dead.ts';
import { type Reconciliation, reconcile } from './reconcile.ts';
import { staleDays } from './reconcile-days.ts';

const env = readEnv(reconcileEnv);
const logger = new Logger({ serviceName: 'reconcile' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'reconcile' });
const s3 = s3Client();
const sqs = new SQSClient();

const deadLetters = new DeadLetters(sqs, [
  { function: 'convert', url: env.DEAD_LETTER_QUEUE_URL },
  { function: 'compact', url: env.COMPACT_DEAD_LETTER_QUEUE_URL },
]);

async function reconcileAll(): Promise<Reconciliation> {
  const dead = await deadIn(deadLetters);
  if (!dead.complete) {
    logger.warn('There are more dead letters than were read: some may get a second one', {
      objects: dead.keys.size,
      days: dead.days.size,
    });
  }
  const result = await reconcile({
    s3,
    raw: env.RAW_BUCKET,
    curated: env.CURATED_BUCKET,
    compacted: env.COMPACTED_BUCKET,
    datasets,
    enqueue: {
      convert: (events) => sendMessages(sqs, env.QUEUE_URL, events),
      compact: (events) => sendMessages(sqs, env.COMPACT_QUEUE_URL, events),
    },
    dead,
    now: new Date(),
  });
  report(result);
  return result;
}

function report({ counts, days, ...details }: Reconciliation): void {
  const values = {
    ObjectsMissing: counts.missing,
    ObjectsStale: counts.stale,
    ObjectsDead: counts.dead,
    ObjectsEnqueued: details.enqueued,
    DaysStale: staleDays(days.counts),
  } satisfies Record<ReconcileMetric, number>;
  const lost = values.ObjectsMissing + values.ObjectsStale + values.DaysStale > 0;
  logger[lost ? 'warn' : 'info']('Reconciled raw, curated and compacted', { ...counts, ...details, days });
  for (const [name, value] of Object.entries(values)) metrics.addMetric(name, MetricUnit.Count, value);
}

export const handler = middy(reconcileAll).use(logMetrics(metrics));
