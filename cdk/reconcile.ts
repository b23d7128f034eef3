import { Duration, Size } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { limits } from '../functions/reconcile/limits.ts';
import { datasetNames, tableNames } from '../shared/datasets.ts';
import type { Env, reconcileEnv } from '../shared/env.ts';
import { metricNamespace } from '../shared/metrics.ts';
import type { DataStage } from './data-stage.ts';
import { FunctionSchedule } from './function-schedule.ts';
import { grantObjects } from './object-grant.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface ReconcileProps {
  readonly stage: string;
  readonly raw: Bucket;
  readonly curated: Bucket;
  readonly compacted: Bucket;
  readonly convert: DataStage;
  readonly compact: DataStage;
}

/** Once a day, in UTC: after the last hour of a day, before anybody looks at it. */
const daily = 'cron(30 3 * * ? *)';

/** S3 loses an event now and then. This finds what such events were about, and has it converted and compacted. */
export class Reconcile extends Construct {
  readonly function: PipelineFunction;

  constructor(scope: Construct, id: string, props: ReconcileProps) {
    super(scope, id);
    const { stage, raw, curated, compacted, convert, compact } = props;
    const environment: Env<typeof reconcileEnv> = {
      RAW_BUCKET: raw.bucketName,
      CURATED_BUCKET: curated.bucketName,
      COMPACTED_BUCKET: compacted.bucketName,
      QUEUE_URL: convert.queue.queueUrl,
      DEAD_LETTER_QUEUE_URL: convert.deadLetters.queueUrl,
      COMPACT_QUEUE_URL: compact.queue.queueUrl,
      COMPACT_DEAD_LETTER_QUEUE_URL: compact.deadLetters.queueUrl,
      POWERTOOLS_METRICS_NAMESPACE: metricNamespace(stage),
    };
    this.function = new PipelineFunction(this, 'Function', {
      description: 'Finds objects and days whose events were lost, and enqueues them again.',
      folder: 'reconcile',
      environment,
      memory: Size.mebibytes(512),
      timeout: Duration.millis(limits.timeout),
    });

    // It reads metadata, which tells what an object was made of. S3 has no smaller permission for that.
    grantObjects(this.function, 's3:GetObject', curated, tableNames);
    grantObjects(this.function, 's3:GetObject', compacted, tableNames);
    for (const statement of [
      {
        actions: ['s3:ListBucket'],
        resources: [raw.bucketArn],
        conditions: { StringEquals: { 's3:prefix': datasetNames.map((name) => `${name}/`) } },
      },
      // With a condition on s3:prefix, S3 would answer 403 for metadata of an object that has gone since it was listed.
      { actions: ['s3:ListBucket'], resources: [curated.bucketArn, compacted.bucketArn] },
      { actions: ['sqs:SendMessage'], resources: [convert.queue.queueArn, compact.queue.queueArn] },
      {
        actions: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
        resources: [convert.deadLetters.queueArn, compact.deadLetters.queueArn],
      },
    ]) {
      this.function.addToRolePolicy(new PolicyStatement(statement));
    }

    const maxEventAge = Duration.millis(limits.latestStart);
    this.function.configureAsyncInvoke({ retryAttempts: limits.retries, maxEventAge });
    new FunctionSchedule(this, 'Schedule', {
      description: 'Reconciles raw with curated, and curated with compacted.',
      function: this.function,
      expression: daily,
      maxEventAge,
    });
  }
}
