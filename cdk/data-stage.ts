import { Duration, type Size } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Env, queueEnv } from '../shared/env.ts';
import { metricNamespace } from '../shared/metrics.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface DataStageProps {
  readonly stage: string;
  /** The bucket whose events start the function. */
  readonly source: Bucket;
  readonly events: readonly EventType[];
  /** How long a message waits before the function gets it. @default not at all */
  readonly delay?: Duration;
  readonly description: string;
  /** Folder below `functions/` with a `handler.ts`. */
  readonly folder: string;
  /** Beside what every stage gets, for its queue of dead letters and its metrics. */
  readonly environment: Record<string, string>;
  readonly memory: Size;
  /** Of the function: milliseconds, and tries of each message. */
  readonly limits: { readonly timeout: number; readonly tries: number };
  readonly maxConcurrency: number;
}

/** A bucket's events, the queue that keeps them, its dead letters, and the function that works on them one by one. */
export class DataStage extends Construct {
  readonly function: PipelineFunction;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  /** How long a message that one worker has taken is hidden from the others. */
  readonly visibilityTimeout: Duration;
  /** How old a message is when it is tried again after its first try has failed. */
  readonly ageAtSecondTry: Duration;

  constructor(scope: Construct, id: string, props: DataStageProps) {
    super(scope, id);
    const { stage, source, events, limits, delay = Duration.seconds(0) } = props;
    const timeout = Duration.millis(limits.timeout);
    // AWS's rule: six times the function's time-out.
    this.visibilityTimeout = Duration.seconds(6 * timeout.toSeconds());
    this.ageAtSecondTry = delay.plus(this.visibilityTimeout);

    // SSE-SQS, since S3 cannot send to a queue that is encrypted with KMS's AWS-managed key.
    const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...secure,
      // A message's age counts from its first sending, so this has to be longer than the queue's own.
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      ...secure,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: this.visibilityTimeout,
      ...(delay.toSeconds() > 0 ? { deliveryDelay: delay } : {}),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: limits.tries },
    });

    // No prefix filter: an object in the wrong place gets its reason in the dead-letter queue, not silence.
    for (const event of events) source.addEventNotification(event, new SqsDestination(this.queue));

    this.function = new PipelineFunction(this, 'Function', {
      description: props.description,
      folder: props.folder,
      environment: {
        ...props.environment,
        ...({
          DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl,
          MAX_RECEIVE_COUNT: String(limits.tries),
          POWERTOOLS_METRICS_NAMESPACE: metricNamespace(stage),
        } satisfies Env<typeof queueEnv>),
      },
      memory: props.memory,
      timeout,
    });
    for (const statement of [
      { actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] },
      // What Lambda polls with. The CDK's SqsEventSource would grant two more actions, which nothing uses:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-lambda-function-trigger.html
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [this.queue.queueArn],
      },
    ]) {
      this.function.addToRolePolicy(new PolicyStatement(statement));
    }
    this.function.addEventSourceMapping('Messages', {
      eventSourceArn: this.queue.queueArn,
      // So that no message suffers from another one that is large, slow or broken.
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency: props.maxConcurrency,
    });
  }

  /**
   * Lets the function tell what is not there: without this S3 answers 403 instead of 404. A condition on s3:prefix would
   * defeat that, as a GetObject has no prefix to match.
   */
  grantListing(...buckets: readonly Bucket[]): void {
    const resources = buckets.map(({ bucketArn }) => bucketArn);
    this.function.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources }));
  }
}
