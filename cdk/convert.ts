import { Size } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { limits } from '../functions/convert/limits.ts';
import { datasetNames, tableNames } from '../shared/datasets.ts';
import { DataStage } from './data-stage.ts';
import { grantObjects } from './object-grant.ts';

export interface ConvertProps {
  readonly stage: string;
  readonly raw: Bucket;
  readonly curated: Bucket;
}

/** From raw to curated. */
export class Convert extends DataStage {
  constructor(scope: Construct, id: string, { stage, raw, curated }: ConvertProps) {
    super(scope, id, {
      stage,
      source: raw,
      events: [EventType.OBJECT_CREATED],
      description: 'Turns each raw object into Parquet objects.',
      folder: 'convert',
      environment: { RAW_BUCKET: raw.bucketName, CURATED_BUCKET: curated.bucketName },
      // With this much memory, a function has one whole CPU.
      memory: Size.mebibytes(1769),
      limits,
      // A new account can run ten invocations at a time, of all its functions together.
      maxConcurrency: 3,
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
    this.grantListing(raw, curated);
  }
}
