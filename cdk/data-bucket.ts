import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface DataBucketProps {
  /** Outlive the stack, instead of going with it. */
  readonly retain: boolean;
  /** Keep older versions of an object that is overwritten or deleted. @default false */
  readonly versioned?: boolean;
  /** @default none */
  readonly lifecycleRules?: LifecycleRule[];
}

/** A private, encrypted bucket that answers over TLS only. What is uploaded halfway expires after a week. */
export class DataBucket extends Bucket {
  constructor(
    scope: Construct,
    id: string,
    { retain, versioned = false, lifecycleRules = [] }: DataBucketProps,
  ) {
    // Not RETAIN: a first deployment that fails would leave its buckets behind.
    const removalPolicy = retain ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
    super(scope, id, {
      versioned,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }, ...lifecycleRules],
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy,
      autoDeleteObjects: !retain,
    });
    // A kept bucket keeps refusing what does not come over TLS.
    this.policy?.applyRemovalPolicy(removalPolicy);
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only roles of this stack and people with rights in this account reach it. For a trail of each access, turn on CloudTrail data events, which server access logs would only repeat.',
    });
  }
}
