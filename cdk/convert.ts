import { Duration, Size } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { limits } from '../functions/convert/limits.ts';
import { datasetNames, tableNames } from '../shared/datasets.ts';
import type { convertEnv, Env } from '../shared/env.ts';
import { metricNamespace } from '../shared/metrics.ts';
import { grantObjects } from './object-grant.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface ConvertProps {
  readonly stage: string;
  readonly raw: Bucket;
  readonly curated: Bucket;
}

/** The queue between raw and curated, its dead letters, and the function that converts. */
export class Convert extends Construct {
  readonly function: PipelineFunction;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  /** How long a message that one worker has taken is hidden from the others. */
  readonly visibilityTimeout: Duration;

  constructor(scope: Construct, id: string, { stage, raw, curated }: ConvertProps) {
    super(scope, id);
    const timeout = Duration.millis(limits.timeout);
    // AWS's rule: six times the function's time-out.
    this.visibilityTimeout = Duration.seconds(6 * timeout.toSeconds());

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
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: limits.tries },
    });

    // No prefix filter: a file that is dropped in the wrong place gets its reason in the dead-letter queue, not silence.
    raw.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(this.queue));

    const environment: Env<typeof convertEnv> = {
      RAW_BUCKET: raw.bucketName,
      CURATED_BUCKET: curated.bucketName,
      DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl,
      MAX_RECEIVE_COUNT: String(limits.tries),
      POWERTOOLS_METRICS_NAMESPACE: metricNamespace(stage),
    };
    this.function = new PipelineFunction(this, 'Function', {
      description: 'Turns each raw object into Parquet objects.',
      folder: 'convert',
      environment,
      // With this much memory, a function has one whole CPU.
      memory: Size.mebibytes(1769),
      timeout,
    });

    const days = datasetNames.map((name) => `${name}/dt=*`);
    grantObjects(this.function, 's3:GetObject', raw, datasetNames);
    // A file that was dropped without a `dt=` folder is copied to one, and deleted. Nothing else is.
    grantObjects(this.function, 's3:PutObject', raw, days);
    grantObjects(this.function, 's3:DeleteObject', raw, datasetNames);
    this.function.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['s3:DeleteObject'],
        resources: days.map((day) => raw.arnForObjects(`${day}/*`)),
      }),
    );
    // It reads what it is about to overwrite, and writes only over what it has seen.
    grantObjects(this.function, 's3:GetObject', curated, tableNames);
    grantObjects(this.function, 's3:PutObject', curated, tableNames);
    // It uploads a large object in parts, and removes them at once when the upload fails.
    grantObjects(this.function, 's3:AbortMultipartUpload', curated, tableNames);
    for (const statement of [
      // Without it S3 answers 403 for an object that is not there, instead of 404. A condition on s3:prefix would defeat
      // that: a GetObject has no prefix to match.
      { actions: ['s3:ListBucket'], resources: [raw.bucketArn, curated.bucketArn] },
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
      // A new account can run ten invocations at a time, of all its functions together.
      maxConcurrency: 3,
    });
  }
}
