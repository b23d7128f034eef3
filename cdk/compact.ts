import { Duration, Size } from 'aws-cdk-lib';
import { type Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { limits } from '../functions/compact/limits.ts';
import { tableNames } from '../shared/datasets.ts';
import { DataStage } from './data-stage.ts';
import { grantObjects } from './object-grant.ts';

export interface CompactProps {
  readonly stage: string;
  readonly curated: Bucket;
  readonly compacted: Bucket;
  /** In seconds. In a burst of events, the first one does the work of all that came while it waited. */
  readonly delay: number;
}

/** From curated to compacted: one object per table and day. */
export class Compact extends DataStage {
  constructor(scope: Construct, id: string, { stage, curated, compacted, delay }: CompactProps) {
    super(scope, id, {
      stage,
      source: curated,
      events: [EventType.OBJECT_CREATED, EventType.OBJECT_REMOVED],
      delay: Duration.seconds(delay),
      description: "Makes one Parquet object of each table's day.",
      folder: 'compact',
      environment: { CURATED_BUCKET: curated.bucketName, COMPACTED_BUCKET: compacted.bucketName },
      // With this much memory, a function has one whole CPU.
      memory: Size.mebibytes(1769),
      limits,
      // A new account can run ten invocations at a time, of all its functions together.
      maxConcurrency: 2,
    });
    grantObjects(this.function, 's3:GetObject', curated, tableNames);
    // It reads what it is about to overwrite or delete, and does so only with what it has seen.
    grantObjects(this.function, 's3:GetObject', compacted, tableNames);
    grantObjects(this.function, 's3:PutObject', compacted, tableNames);
    grantObjects(this.function, 's3:DeleteObject', compacted, tableNames);
    grantObjects(this.function, 's3:AbortMultipartUpload', compacted, tableNames);
    this.grantListing(curated, compacted);
  }
}
