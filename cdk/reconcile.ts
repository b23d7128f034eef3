import { Duration, Size } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { limits } from '../functions/reconcile/limits.ts';
import { datasetNames, tableNames } from '../shared/datasets.ts';
import type { Env, reconcileEnv } from '../shared/env.ts';
import { metricNamespace } from '../shared/metrics.ts';
import { FunctionSchedule } from './function-schedule.ts';
import { grantObjects } from './object-grant.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface ReconcileProps {
  readonly stage: string;
  readonly raw: Bucket;
  readonly curated: Bucket;
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

/** Once a day, in UTC: after the last hour of a day, before anybody looks at it. */
const daily = 'cron(30 3 * * ? *)';

/** S3 loses an event now and then. This finds the raw objects of such events, and has them converted. */
export class Reconcile extends Construct {
  readonly function: PipelineFunction;

  constructor(scope: Construct, id: string, { stage, raw, curated, queue, deadLetters }: ReconcileProps) {
    super(scope, id);
    const environment: Env<typeof reconcileEnv> = {
      RAW_BUCKET: raw.bucketName,
      CURATED_BUCKET: curated.bucketName,
      QUEUE_URL: queue.queueUrl,
      DEAD_LETTER_QUEUE_URL: deadLetters.queueUrl,
      POWERTOOLS_METRICS_NAMESPACE: metricNamespace(stage),
    };
    this.function = new PipelineFunction(this, 'Function', {
      description: 'Finds raw objects that were not converted, and enqueues them again.',
      folder: 'reconcile',
      environment,
      memory: Size.mebibytes(512),
      timeout: Duration.millis(limits.timeout),
    });

    // When an object's time does not tell, it reads the metadata. S3 has no smaller permission for that.
    grantObjects(this.function, 's3:GetObject', curated, tableNames);
    for (const statement of [
      listing(raw, datasetNames),
      listing(curated, tableNames),
      { actions: ['sqs:SendMessage'], resources: [queue.queueArn] },
      {
        actions: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
        resources: [deadLetters.queueArn],
      },
    ]) {
      this.function.addToRolePolicy(new PolicyStatement(statement));
    }

    const maxEventAge = Duration.millis(limits.latestStart);
    this.function.configureAsyncInvoke({ retryAttempts: limits.retries, maxEventAge });
    new FunctionSchedule(this, 'Schedule', {
      description: 'Reconciles raw with curated.',
      function: this.function,
      expression: daily,
      maxEventAge,
    });
  }
}

function listing(bucket: Bucket, prefixes: readonly string[]) {
  return {
    actions: ['s3:ListBucket'],
    resources: [bucket.bucketArn],
    conditions: { StringEquals: { 's3:prefix': prefixes.map((prefix) => `${prefix}/`) } },
  };
}
