import { Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { PipelineFunction } from './pipeline-function.ts';

/** Lets a function do one thing with the objects below its prefixes, and with no others. */
export function grantObjects(
  to: PipelineFunction,
  action: 's3:GetObject' | 's3:PutObject' | 's3:DeleteObject' | 's3:AbortMultipartUpload',
  bucket: Bucket,
  prefixes: readonly string[],
): void {
  if (prefixes.length === 0) return;
  to.addToRolePolicy(
    new PolicyStatement({
      actions: [action],
      resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/*`)),
    }),
  );
  const bucketId = Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnBucket);
  for (const prefix of prefixes) {
    Validations.of(to.role ?? to).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${prefix}/*]`,
      reason: `Keys are made of times and names: the function reaches every object below ${prefix}/, and nothing else.`,
    });
  }
}
