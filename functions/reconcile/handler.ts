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
import { deadKeysIn, type Reconciliation, reconcile } from './reconcile.ts';

const env = readEnv(reconcileEnv);
const logger = new Logger({ serviceName: 'reconcile' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'reconcile' });
const s3 = s3Client();
const sqs = new SQSClient();

async function reconcileAll(): Promise<Reconciliation> {
  const dead = await deadKeysIn(new DeadLetters(sqs, env.DEAD_LETTER_QUEUE_URL));
  if (!dead.complete) {
    logger.warn('There are more dead letters than were read: some objects may get a second one', {
      read: dead.keys.size,
    });
  }
  const result = await reconcile({
    s3,
    raw: env.RAW_BUCKET,
    curated: env.CURATED_BUCKET,
    datasets,
    enqueue: (events) => sendMessages(sqs, env.QUEUE_URL, events),
    deadKeys: dead.keys,
    now: new Date(),
  });
  report(result);
  return result;
}

function report({ counts, ...details }: Reconciliation): void {
  const lost = counts.missing + counts.stale > 0;
  logger[lost ? 'warn' : 'info']('Reconciled raw with curated', { ...counts, ...details });
  const values = {
    ObjectsMissing: counts.missing,
    ObjectsStale: counts.stale,
    ObjectsDead: counts.dead,
    ObjectsEnqueued: details.enqueued,
  } satisfies Record<ReconcileMetric, number>;
  for (const [name, value] of Object.entries(values)) metrics.addMetric(name, MetricUnit.Count, value);
}

export const handler = middy(reconcileAll).use(logMetrics(metrics));
