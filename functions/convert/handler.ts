import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { convertEnv, readEnv } from '../../shared/env.ts';
import type { ConvertMetric } from '../../shared/metrics.ts';
import { convertMessage, type Outcome } from './convert-message.ts';
import { CuratedBucket } from './curated-bucket.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { RawBucket } from './raw-bucket.ts';

const env = readEnv(convertEnv);
const logger = new Logger({ serviceName: 'convert' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'convert' });
const s3 = new S3Client();
const dependencies = {
  bucket: env.RAW_BUCKET,
  raw: new RawBucket(s3, env.RAW_BUCKET),
  curated: new CuratedBucket(s3, env.CURATED_BUCKET),
  deadLetters: new DeadLetterQueue(new SQSClient(), env.DEAD_LETTER_QUEUE_URL),
  maxReceiveCount: Number(env.MAX_RECEIVE_COUNT),
};

/** Messages of a batch in work at the same time: enough to hide S3's latency, few enough for the memory. */
const concurrency = 4;

async function convertBatch({ Records }: SQSEvent): Promise<PromiseSettledResult<void>[]> {
  count('MessagesReceived', Records.length);
  return pMap(Records, (record) => settled(convertRecord(record)), { concurrency });
}

async function convertRecord({ body, attributes }: SQSRecord): Promise<void> {
  const message = { body, receiveCount: Number(attributes.ApproximateReceiveCount) };
  for (const outcome of await convertMessage(message, dependencies)) report(outcome);
}

function report(outcome: Outcome): void {
  const { kind, ...details } = outcome;
  switch (outcome.kind) {
    case 'converted':
      logger.info('Converted', details);
      count('ObjectsConverted', 1);
      count('RowsConverted', outcome.rows);
      count('FieldsRescued', outcome.rescuedFields);
      break;
    case 'gone':
      logger.warn('The raw object is gone: nothing to convert', details);
      count('ObjectsGone', 1);
      break;
    case 'ignored':
      logger.info('Ignored: a folder marker', details);
      break;
    case 'dead':
      logger.error('Sent to the dead-letter queue', details);
      count('DeadLetters', 1);
      break;
  }
}

function count(metric: ConvertMetric, value: number): void {
  metrics.addMetric(metric, MetricUnit.Count, value);
}

/** The form in which the partial-batch middleware wants each message's end. */
async function settled(work: Promise<void>): Promise<PromiseSettledResult<void>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

export const handler = middy(convertBatch)
  .use(logMetrics(metrics))
  .use(
    sqsPartialBatchFailure({
      // Its own logger would print the whole record. Lambda's Errors metric stays 0 for these: hence ours.
      logger: (reason: unknown, record: SQSRecord) => {
        logger.warn('Left in the queue for another try', {
          messageId: record.messageId,
          receiveCount: record.attributes.ApproximateReceiveCount,
          error: reason instanceof Error ? reason : new Error(String(reason)),
        });
        count('ConvertRetries', 1);
      },
    }),
  );
