import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { StorageClass } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Outputs } from '../shared/outputs.ts';
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

    const outputs: Outputs = {
      RawBucketName: raw.bucketName,
      CuratedBucketName: curated.bucketName,
      QueueUrl: convert.queue.queueUrl,
      DeadLetterQueueUrl: convert.deadLetters.queueUrl,
      ApiKeySecretName: config.secretName,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
