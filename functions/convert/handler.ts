import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { convertEnv, readEnv } from '../../shared/env.ts';
import type { ConvertMetric } from '../../shared/metrics.ts';
import { s3Client } from '../../shared/s3-client.ts';
import { objectsIn } from '../../shared/s3-event.ts';
import { convertMessage, type Outcome } from './convert-message.ts';
import { type DeadLetter, sendDeadLetter } from './dead-letter.ts';
import { limits } from './limits.ts';

const env = readEnv(convertEnv);
const logger = new Logger({ serviceName: 'convert' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'convert' });
const sqs = new SQSClient();
const dependencies = {
  s3: s3Client(),
  raw: env.RAW_BUCKET,
  curated: env.CURATED_BUCKET,
  bury: (letter: DeadLetter) => sendDeadLetter(sqs, env.DEAD_LETTER_QUEUE_URL, letter),
  maxReceiveCount: Number(env.MAX_RECEIVE_COUNT),
};

function convertBatch({ Records }: SQSEvent, context: Context): Promise<PromiseSettledResult<void>[]> {
  count('MessagesReceived', Records.length);
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - limits.reserve));
  return Promise.allSettled(Records.map((record) => convertRecord(record, signal)));
}

async function convertRecord({ body, attributes }: SQSRecord, signal: AbortSignal): Promise<void> {
  const message = { body, receiveCount: Number(attributes.ApproximateReceiveCount) };
  for (const outcome of await convertMessage(message, { ...dependencies, signal })) report(outcome);
}

function report(outcome: Outcome): void {
  const { kind, ...details } = outcome;
  switch (outcome.kind) {
    case 'converted':
      if (outcome.unexpected.length === 0) logger.info('Converted', details);
      else logger.warn('Converted, with values that their columns do not expect', details);
      count('ObjectsConverted', 1);
      count('RowsConverted', sum(outcome.tables.map(({ rows }) => rows)));
      count('FieldsRescued', outcome.rescuedFields);
      count('ExpectationsFailed', sum(outcome.unexpected.map((column) => column.count)));
      break;
    case 'filed':
      logger.info('Filed under its day: the event of the copy converts it', details);
      break;
    case 'gone':
      logger.warn('The raw object is gone: nothing to convert', details);
      count('ObjectsGone', 1);
      break;
    case 'ignored':
      logger.info('Ignored: it is a folder marker or was given up', details);
      break;
    case 'dead':
      logger.error('Sent to the dead-letter queue', details);
      count('DeadLetters', 1);
      break;
  }
}

/** Undefined when the message does not name an object. */
function rawKeyIn({ body }: SQSRecord): string | undefined {
  try {
    return objectsIn(body)[0]?.key;
  } catch {
    return undefined;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function count(metric: ConvertMetric, value: number): void {
  metrics.addMetric(metric, MetricUnit.Count, value);
}

export const handler = middy(convertBatch)
  .use(logMetrics(metrics))
  .use(
    sqsPartialBatchFailure({
      // The default logger prints the whole record. Lambda's Errors metric does not count these, so we do.
      logger: (reason: unknown, record: SQSRecord) => {
        logger.warn('Left in the queue for another try', {
          rawKey: rawKeyIn(record),
          messageId: record.messageId,
          receiveCount: record.attributes.ApproximateReceiveCount,
          error: reason instanceof Error ? reason : new Error(String(reason)),
        });
        count('ConvertRetries', 1);
      },
    }),
  );
