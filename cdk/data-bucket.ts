import { RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface DataBucketProps {
  /** Keep older versions of an object that is overwritten or deleted. @default false */
  readonly versioned?: boolean;
  /** @default none */
  readonly lifecycleRules?: LifecycleRule[];
}

/** A private, encrypted bucket that answers over TLS only and goes, with its content, when the stack goes. */
export class DataBucket extends Bucket {
  constructor(
    scope: Construct,
    id: string,
    { versioned = false, lifecycleRules = [] }: DataBucketProps = {},
  ) {
    super(scope, id, {
      versioned,
      lifecycleRules,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
    });
  }
}
