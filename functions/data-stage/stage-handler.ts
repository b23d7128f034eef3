import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Env, queueEnv } from '../../shared/env.ts';
import type { CompactMetric, ConvertMetric } from '../../shared/metrics.ts';
import { type EventObject, objectsIn } from '../../shared/s3-event.ts';
import { type DeadLetter, type SubjectName, sendDeadLetter } from './dead-letter.ts';
import { type Subject, workOnMessage } from './message.ts';

interface DataStage<Done> {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly env: Env<typeof queueEnv>;
  /** The bucket whose events feed the queue. */
  readonly source: string;
  /** Milliseconds before the time-out at which the work stops by itself. */
  readonly reserve: number;
  readonly retries: Extract<ConvertMetric | CompactMetric, `${string}Retries`>;
  readonly subjectOf: (object: EventObject) => Subject<Done>;
  readonly report: (done: Done, name: SubjectName) => void;
}

/** The handler of a function that works on what a bucket's events name. No message is affected by another one. */
export function stageHandler<Done>(stage: DataStage<Done>) {
  const { logger, metrics, env, source, reserve, retries, subjectOf, report } = stage;
  const sqs = new SQSClient();
  const dependencies = {
    source,
    subjectOf,
    bury: (letter: DeadLetter) => sendDeadLetter(sqs, env.DEAD_LETTER_QUEUE_URL, letter),
    maxReceiveCount: Number(env.MAX_RECEIVE_COUNT),
  };

  function workOnBatch({ Records }: SQSEvent, context: Context): Promise<PromiseSettledResult<void>[]> {
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - reserve));
    return Promise.allSettled(Records.map((record) => workOnRecord(record, signal)));
  }

  async function workOnRecord({ body, attributes }: SQSRecord, signal: AbortSignal): Promise<void> {
    const message = { body, receiveCount: Number(attributes.ApproximateReceiveCount) };
    for (const { name, ...outcome } of await workOnMessage(message, { ...dependencies, signal })) {
      if ('done' in outcome) report(outcome.done, name);
      else logger.error('Sent to the dead-letter queue', { ...name, ...outcome.dead });
    }
  }

  /** Undefined when the message does not name an object. */
  function nameIn({ body }: SQSRecord): SubjectName | undefined {
    try {
      return objectsIn(body).map((object) => subjectOf(object).name)[0];
    } catch {
      return undefined;
    }
  }

  // The middleware of powertools would warn of each invocation that counts nothing, such as of a day that is current.
  const publish = () => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return middy(workOnBatch)
    .use({ after: publish, onError: publish })
    .use(
      sqsPartialBatchFailure({
        // The default logger prints the whole record. Lambda's Errors metric does not count these, so we do.
        logger: (reason: unknown, record: SQSRecord) => {
          logger.warn('Left in the queue for another try', {
            ...nameIn(record),
            messageId: record.messageId,
            receiveCount: record.attributes.ApproximateReceiveCount,
            error: reason instanceof Error ? reason : new Error(String(reason)),
          });
          metrics.addMetric(retries, MetricUnit.Count, 1);
        },
      }),
    );
}
