import { rolesOf } from './iam/roles.ts';
import type { Resource, Template } from './template.ts';

/** What the local runtime does with a resource type's properties. It warns of one that is in no list, and ignores it. */
interface KnownProperties {
  readonly acts: readonly string[];
  /** They make no difference on one computer. */
  readonly ignores?: readonly string[];
  /** With them data would flow differently on AWS: an error. */
  readonly refuses?: readonly string[];
}

const types: Readonly<Record<string, KnownProperties>> = {
  'AWS::S3::Bucket': {
    acts: ['BucketName'],
    ignores: [
      'BucketEncryption',
      'LifecycleConfiguration',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
      'VersioningConfiguration', // The newest version is all that convert reads.
    ],
    refuses: ['NotificationConfiguration', 'ReplicationConfiguration'],
  },
  'Custom::S3BucketNotifications': {
    acts: ['BucketName', 'NotificationConfiguration'],
    ignores: ['ServiceToken', 'Managed', 'SkipDestinationValidation'],
  },
  'AWS::SQS::Queue': {
    acts: ['QueueName', 'VisibilityTimeout', 'MessageRetentionPeriod', 'RedrivePolicy', 'DelaySeconds'],
    ignores: ['SqsManagedSseEnabled', 'Tags'],
    refuses: ['FifoQueue'],
  },
  'AWS::Lambda::Function': {
    acts: ['FunctionName', 'Handler', 'Environment', 'LoggingConfig', 'MemorySize', 'Role', 'Timeout'],
    // The code is found by its asset.
    ignores: ['Architectures', 'Code', 'Description', 'EphemeralStorage', 'Runtime', 'Tags', 'TracingConfig'],
    refuses: ['DeadLetterConfig', 'FileSystemConfigs', 'ImageConfig', 'Layers', 'PackageType', 'VpcConfig'],
  },
  'AWS::Lambda::EventSourceMapping': {
    acts: ['EventSourceArn', 'FunctionName', 'BatchSize', 'FunctionResponseTypes', 'ScalingConfig'],
    ignores: ['Tags'],
    refuses: ['DestinationConfig', 'Enabled', 'FilterCriteria', 'MaximumBatchingWindowInSeconds'],
  },
  'AWS::Scheduler::Schedule': {
    acts: ['Name', 'Target'],
    // A run is started by hand here, once.
    ignores: [
      'Description',
      'FlexibleTimeWindow',
      'ScheduleExpression',
      'ScheduleExpressionTimezone',
      'State',
    ],
  },
  'AWS::Logs::LogGroup': { acts: ['LogGroupName'], ignores: ['RetentionInDays', 'Tags'] },
  'AWS::SQS::QueuePolicy': { acts: ['PolicyDocument', 'Queues'] },
};

/** Services that move data: the local runtime refuses what it does not know of them. All else makes no difference here. */
const moving =
  /^(AWS::(DynamoDB|Events|Kinesis|KinesisFirehose|Lambda|Pipes|S3|SNS|SQS|StepFunctions)::|Custom::)/;
const harmless: readonly string[] = [
  'AWS::Lambda::EventInvokeConfig', // Here a run that fails is not tried again.
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription', // Nobody gets e-mail from here.
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'Custom::S3AutoDeleteObjects',
];

/** What a template deploys, as far as it moves data. Values may still hold intrinsic functions. */
export type DeploymentPlan = ReturnType<typeof planDeployment>;

/** @throws {Error} naming everything in the template with which data would flow differently on AWS */
export function planDeployment(template: Template) {
  const resources = template.resources.filter((resource) => !isCustomResourceHandler(resource, template));
  const propertiesThat = (judge: (known: KnownProperties, name: string) => boolean) =>
    resources.flatMap(({ logicalId, type, properties }) => {
      const known = types[type];
      const names = known ? Object.keys(properties).filter((name) => judge(known, name)) : [];
      return names.map((name) => `${logicalId}: property ${name} of ${type}`);
    });
  const unknown = resources
    .filter(({ type }) => !types[type] && moving.test(type) && !harmless.includes(type))
    .map(({ logicalId, type }) => `${logicalId}: resource type ${type}`);
  const refused = [...unknown, ...propertiesThat(({ refuses }, name) => refuses?.includes(name) ?? false)];
  if (refused.length > 0) {
    throw new Error(
      `The template has what the local runtime does not do (see local/deployment-plan.ts):\n  ${refused.join('\n  ')}`,
    );
  }
  const ignored = propertiesThat((known, name) => !Object.values(known).flat().includes(name));
  if (ignored.length > 0) process.emitWarning(`The local runtime ignores ${ignored.join(', ')}`);

  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  /** Only the properties that the local runtime acts on: others may refer to what is not here. */
  const propertiesOf = ({ type, properties }: Resource) =>
    Object.fromEntries(Object.entries(properties).filter(([name]) => types[type]?.acts.includes(name)));
  const named = (type: string, property: string) =>
    ofType(type).map((resource) => ({
      logicalId: resource.logicalId,
      name: nameOf(resource, property),
      properties: propertiesOf(resource),
    }));
  return {
    buckets: named('AWS::S3::Bucket', 'BucketName'),
    queues: named('AWS::SQS::Queue', 'QueueName'),
    functions: ofType('AWS::Lambda::Function').map((resource) => ({
      logicalId: resource.logicalId,
      name: nameOf(resource, 'FunctionName'),
      properties: propertiesOf(resource),
      bundle: bundleOf(resource, template),
    })),
    logGroups: named('AWS::Logs::LogGroup', 'LogGroupName'),
    /** For people: only the outputs name them. */
    managedPolicies: named('AWS::IAM::ManagedPolicy', 'ManagedPolicyName'),
    /** Of the functions and schedules. */
    roles: rolesOf(resources, (role) => nameOf(role, 'RoleName')),
    queuePolicies: ofType('AWS::SQS::QueuePolicy').map(propertiesOf),
    notifications: ofType('Custom::S3BucketNotifications').map(propertiesOf),
    eventSources: ofType('AWS::Lambda::EventSourceMapping').map(propertiesOf),
    schedules: named('AWS::Scheduler::Schedule', 'Name'),
    /** With all their properties: local/alarms/alarm.ts refuses what it does not know. */
    alarms: ofType('AWS::CloudWatch::Alarm').map(({ properties }) => properties),
  };
}

/** The CDK's own functions, which CloudFormation calls while it deploys. */
function isCustomResourceHandler({ logicalId, type }: Resource, { resources }: Template): boolean {
  if (type !== 'AWS::Lambda::Function') return false;
  return resources.some(({ properties }) => {
    const token = properties.ServiceToken as { 'Fn::GetAtt'?: [string, string] } | undefined;
    return token?.['Fn::GetAtt']?.[0] === logicalId;
  });
}

/** The template's own name, or one made of the construct's path: readable, and the same at every start. */
function nameOf({ logicalId, path, properties }: Resource, property: string): string {
  const given = properties[property];
  if (typeof given === 'string') return given;
  if (given !== undefined) {
    throw new Error(`${logicalId}: the local runtime expects ${property} to be plain text.`);
  }
  // "TdfWeather/Convert/DeadLetters/Resource" becomes "convert-dead-letters".
  return path
    .split('/')
    .slice(1)
    .filter((part) => part !== 'Resource')
    .map((part) => part.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase())
    .join('-');
}

/** The folder of a function's bundle. */
function bundleOf({ logicalId, properties }: Resource, { assets }: Template): string {
  const { S3Key } = (properties.Code ?? {}) as { S3Key?: string };
  const directory = S3Key && assets.get(S3Key);
  if (!directory) throw new Error(`${logicalId}: its code is not an asset of this synthesis.`);
  return directory;
}
