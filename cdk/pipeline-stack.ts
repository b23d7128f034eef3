import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { StorageClass } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';
import { Convert } from './convert.ts';
import { DataBucket } from './data-bucket.ts';
import { Fetch } from './fetch.ts';

export interface PipelineStackProps extends StackProps {
  readonly config: Config;
}

/** The pipeline, in the order in which the data flows: fetch, raw, queue, convert, curated. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: PipelineStackProps) {
    super(scope, id, props);

    const raw = new DataBucket(this, 'Raw', {
      versioned: true,
      lifecycleRules: [
        {
          transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) }],
        },
        {
          abortIncompleteMultipartUploadAfter: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(90),
        },
      ],
    });
    const curated = new DataBucket(this, 'Curated');

    new Fetch(this, 'Fetch', { config, raw });
    const convert = new Convert(this, 'Convert', { raw, curated });

    new CfnOutput(this, 'RawBucketName', {
      value: raw.bucketName,
      description: 'Drop files here to convert them.',
    });
    new CfnOutput(this, 'CuratedBucketName', {
      value: curated.bucketName,
      description: 'The Parquet files.',
    });
    new CfnOutput(this, 'QueueUrl', { value: convert.queue.queueUrl });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: convert.deadLetters.queueUrl });
  }
}
