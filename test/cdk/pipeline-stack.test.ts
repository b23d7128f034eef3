import { describe, expect, test } from '@jest/globals';
import { parseRunEvent } from '../../functions/fetch/run-event.ts';
import { scheduledEvent } from '../../local/schedule.ts';
import { datasetNames, datasets, tableNames } from '../../shared/datasets.ts';
import { convertEnv, fetchEnv, reconcileEnv } from '../../shared/env.ts';
import { listDigest } from '../../shared/list-digest.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { StackTemplate } from './stack-template.ts';

const stack = new StackTemplate();
const raw = stack.resource('AWS::S3::Bucket', 'Raw');
const curated = stack.resource('AWS::S3::Bucket', 'Curated');
const queue = stack.resource('AWS::SQS::Queue', 'Convert/Queue');
const deadLetters = stack.resource('AWS::SQS::Queue', 'Convert/DeadLetters');
const fetchFunction = stack.resource('AWS::Lambda::Function', 'Fetch/Function');
const convertFunction = stack.resource('AWS::Lambda::Function', 'Convert/Function');

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const logsOf = (path: string) => arnOf(stack.resource('AWS::Logs::LogGroup', path).id);
const objectsOf = (id: string, prefix: string) => ({ 'Fn::Join': ['', [arnOf(id), `/${prefix}`]] });
const rawObjects = (end = '*') => datasetNames.map((name) => objectsOf(raw.id, `${name}/${end}`));
// In the order of the template.
const curatedObjects = () => tableNames.toSorted().map((name) => objectsOf(curated.id, `${name}/*`));

describe('of the buckets,', () => {
  test.each([
    ['raw', raw],
    ['curated', curated],
  ])('%s is private, encrypted, and answers over TLS only', (_name, bucket) => {
    expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration).toHaveLength(1);
    const policy = stack
      .ofType('AWS::S3::BucketPolicy')
      .find(({ Properties }) => Properties.Bucket.Ref === bucket.id);
    expect(policy?.Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 's3:*',
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  test('nothing that was uploaded halfway, replaced or queried is kept for ever [kept]', () => {
    const rulesOf = (path: string) =>
      stack.resource('AWS::S3::Bucket', path).Properties.LifecycleConfiguration.Rules as Record<
        string,
        unknown
      >[];
    for (const path of ['Raw', 'Curated', 'QueryResults']) {
      expect(rulesOf(path)).toContainEqual(
        expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }),
      );
    }
    expect(rulesOf('Raw')).toContainEqual(
      expect.objectContaining({
        NoncurrentVersionExpiration: { NoncurrentDays: 90 },
        ExpiredObjectDeleteMarker: true,
      }),
    );
    expect(rulesOf('QueryResults')).toContainEqual(expect.objectContaining({ ExpirationInDays: 30 }));
    // Data itself never expires.
    expect(JSON.stringify([rulesOf('Raw'), rulesOf('Curated')])).not.toContain('ExpirationInDays');
  });

  test.each([
    ['raw', raw],
    ['curated', curated],
  ])('%s goes with the stack, with its content', (_name, bucket) => {
    expect(bucket.DeletionPolicy).toBe('Delete');
    const emptied = stack
      .ofType('Custom::S3AutoDeleteObjects')
      .map(({ Properties }) => Properties.BucketName.Ref);
    expect(emptied).toContain(bucket.id);
  });

  test('raw keeps older versions, and moves to infrequent access after 30 days', () => {
    expect(raw.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(raw.Properties.LifecycleConfiguration.Rules).toContainEqual({
      Status: 'Enabled',
      Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }],
    });
  });
});

describe('between raw and curated,', () => {
  test('every object created in raw is told to the queue, wherever it is put', () => {
    const [notification] = stack.ofType('Custom::S3BucketNotifications');
    expect(notification?.Properties.BucketName).toEqual({ Ref: raw.id });
    expect(notification?.Properties.NotificationConfiguration).toEqual({
      QueueConfigurations: [{ Events: ['s3:ObjectCreated:*'], QueueArn: arnOf(queue.id) }],
    });
  });

  test('only S3, and only for the raw bucket, may send to the queue', () => {
    const policies = stack
      .ofType('AWS::SQS::QueuePolicy')
      .filter(({ Properties }) => Properties.Queues[0].Ref === queue.id)
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(policies.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Principal: { Service: 's3.amazonaws.com' },
        Condition: { ArnLike: { 'aws:SourceArn': arnOf(raw.id) } },
      }),
    ]);
  });

  test('a message is hidden for six times as long as the function may work on it', () => {
    expect(queue.Properties.VisibilityTimeout).toBe(6 * convertFunction.Properties.Timeout);
  });

  test('a message is tried five times, and a dead one waits longer than the queue keeps any', () => {
    expect(queue.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: arnOf(deadLetters.id),
      maxReceiveCount: 5,
    });
    expect(convertFunction.Properties.Environment.Variables.MAX_RECEIVE_COUNT).toBe('5');
    expect(deadLetters.Properties.MessageRetentionPeriod).toBe(14 * 86_400);
    expect(queue.Properties.MessageRetentionPeriod).toBeLessThan(
      deadLetters.Properties.MessageRetentionPeriod,
    );
  });

  test('no message is affected by another one: each has an invocation of its own, with one whole CPU', () => {
    expect(convertFunction.Properties.MemorySize).toBe(1769);
    const [source] = stack.ofType('AWS::Lambda::EventSourceMapping');
    expect(source?.Properties.EventSourceArn).toEqual(arnOf(queue.id));
    expect(source?.Properties.BatchSize).toBe(1);
    expect(source?.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    expect(source?.Properties.ScalingConfig.MaximumConcurrency).toBe(3);
  });
});

test('what holds state keeps its logical id: another one would be a new resource, and the old one is deleted [logical-ids]', () => {
  const types = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::KMS::Key'];
  expect(types.flatMap((type) => stack.ofType(type).map(({ id }) => id))).toEqual([
    'Raw72517081',
    'CuratedF137945A',
    'QueryResults655BC675',
    'ConvertDeadLettersA1BF64FC',
    'ConvertQueueD3FE49BF',
    'AlertsTopicCF7C81C9',
    'AlertsKey9E1197AF',
  ]);
});

describe('of the functions,', () => {
  test.each([
    ['fetch', fetchFunction, fetchEnv],
    ['convert', convertFunction, convertEnv],
    ['reconcile', stack.resource('AWS::Lambda::Function', 'Reconcile/Function'), reconcileEnv],
  ])(
    '%s runs on Node 24 on arm64 and gets exactly the environment that it reads',
    (_name, { Properties }, names) => {
      expect(Properties.Runtime).toBe('nodejs24.x');
      expect(Properties.Architectures).toEqual(['arm64']);
      expect(Object.keys(Properties.Environment.Variables).sort()).toEqual([...names].sort());
    },
  );

  test('fetch may only write its prefixes in raw, read those where it completes objects, and read its secret', () => {
    const perRun = datasets
      .filter(({ identity }) => identity === 'time')
      .map(({ name }) => objectsOf(raw.id, `${name}/*`));
    expect(permissions('Fetch/Function')).toEqual([
      ['logs:CreateLogStream', [logsOf('Fetch/FunctionLogs')]],
      ['logs:PutLogEvents', [logsOf('Fetch/FunctionLogs')]],
      ['s3:GetObject', perRun],
      ['s3:ListBucket', [arnOf(raw.id)]],
      ['s3:PutObject', rawObjects()],
      ['secretsmanager:GetSecretValue', [expect.anything()]],
      ['xray:PutTelemetryRecords', ['*']],
      ['xray:PutTraceSegments', ['*']],
    ]);
    const secret = stack
      .statementsOf('Fetch/Function')
      .find(({ Action }) => Action === 'secretsmanager:GetSecretValue');
    expect(JSON.stringify(secret?.Resource)).toMatch(/:secret:tdf\/weatherapi-key-\?{6}"/);
  });

  test('convert may only read raw, file what has no day, write its prefix in curated, take from the queue and send to the dead letters', () => {
    const denied = stack.statementsOf('Convert/Function').filter(({ Effect }) => Effect === 'Deny');
    expect(denied).toEqual([{ Effect: 'Deny', Action: 's3:DeleteObject', Resource: rawObjects('dt=*/*') }]);
    expect(permissions('Convert/Function')).toEqual([
      ['logs:CreateLogStream', [logsOf('Convert/FunctionLogs')]],
      ['logs:PutLogEvents', [logsOf('Convert/FunctionLogs')]],
      ['s3:AbortMultipartUpload', curatedObjects()],
      ['s3:DeleteObject', rawObjects()],
      ['s3:GetObject', rawObjects()],
      ['s3:GetObject', curatedObjects()],
      ['s3:ListBucket', [curated, raw].map(({ id }) => arnOf(id))],
      ['s3:PutObject', [...curatedObjects(), ...rawObjects('dt=*/*')]],
      ['sqs:DeleteMessage', [arnOf(queue.id)]],
      ['sqs:GetQueueAttributes', [arnOf(queue.id)]],
      ['sqs:ReceiveMessage', [arnOf(queue.id)]],
      ['sqs:SendMessage', [arnOf(deadLetters.id)]],
      ['xray:PutTelemetryRecords', ['*']],
      ['xray:PutTraceSegments', ['*']],
    ]);
  });

  test('reconcile may only list the datasets, look at curated objects, send to the queue and look into the dead letters', () => {
    expect(permissions('Reconcile/Function')).toEqual([
      ['logs:CreateLogStream', [logsOf('Reconcile/FunctionLogs')]],
      ['logs:PutLogEvents', [logsOf('Reconcile/FunctionLogs')]],
      ['s3:GetObject', curatedObjects()],
      ['s3:ListBucket', [arnOf(raw.id)]],
      ['s3:ListBucket', [arnOf(curated.id)]],
      ['sqs:ChangeMessageVisibility', [arnOf(deadLetters.id)]],
      ['sqs:ReceiveMessage', [arnOf(deadLetters.id)]],
      ['sqs:SendMessage', [arnOf(queue.id)]],
      ['xray:PutTelemetryRecords', ['*']],
      ['xray:PutTraceSegments', ['*']],
    ]);
    const conditions = stack
      .statementsOf('Reconcile/Function')
      .flatMap(({ Action, ...statement }) => (Action === 's3:ListBucket' ? [statement] : []));
    expect(conditions).toMatchObject(
      [datasetNames, tableNames].map((names) => ({
        Condition: { StringEquals: { 's3:prefix': names.map((name) => `${name}/`) } },
      })),
    );
  });
});

describe('a schedule', () => {
  const locations = ['-37.504136,145.744302', 'Oslo'];
  const pathOf = (dataset: string) => `Fetch/Schedule-${dataset.replaceAll('/', '-')}`;
  const scheduleOf = (dataset: string, template = stack) =>
    template.resource('AWS::Scheduler::Schedule', pathOf(dataset));

  test.each(datasets.map(({ name, schedule }) => [name, schedule]))(
    'starts fetch for %s at %s, in UTC, and not long after that has passed',
    (name, expression) => {
      const { ScheduleExpression, ScheduleExpressionTimezone, Target } = scheduleOf(name).Properties;
      expect(ScheduleExpression).toBe(expression);
      expect(ScheduleExpressionTimezone).toBe('Etc/UTC');
      expect(Target.Arn).toEqual(arnOf(fetchFunction.id));
      expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBeLessThan(3600);
      expect(parseRunEvent(scheduledEvent(Target, new Date('2026-11-22T14:00:00Z')))).toMatchObject({
        dataset: { name },
        locations: ['-37.504136,145.744302'],
      });
    },
  );

  test('is there for each dataset that is configured, and for no other', () => {
    const template = new StackTemplate({ datasets: { 'weatherapi/history': {} } });
    const inputs = template
      .ofType('AWS::Scheduler::Schedule')
      .flatMap(({ Properties: { Target } }) => (Target.Input ? [JSON.parse(Target.Input).dataset] : []));
    expect(inputs).toEqual(['weatherapi/history']);
  });

  test('is among the outputs, by the name of its dataset, with its own name and its expression', () => {
    const { Schedules } = stack.json.Outputs as { Schedules: { Value: { 'Fn::Join': [string, unknown[]] } } };
    const [separator, parts] = Schedules.Value['Fn::Join'];
    const text = parts
      .map((part) => (typeof part === 'string' ? part : (part as { Ref: string }).Ref))
      .join(separator);
    const expected = datasets.map(({ name, schedule }) => [
      name,
      {
        name: scheduleOf(name).id,
        expression: schedule,
        placesList: listDigest(JSON.parse(scheduleOf(name).Properties.Target.Input)),
      },
    ]);
    expect([...schedulesIn({ Schedules: text })]).toEqual(expected);
    expect(stack.json.Outputs?.FetchFunctionName).toEqual({ Value: { Ref: fetchFunction.id } });
  });

  test('starts reconcile once a day, in UTC', () => {
    expect(stack.resource('AWS::Scheduler::Schedule', 'Reconcile/Schedule').Properties).toMatchObject({
      ScheduleExpression: 'cron(30 3 * * ? *)',
      ScheduleExpressionTimezone: 'Etc/UTC',
      State: 'ENABLED',
    });
  });

  test('is made after the notification, so that the event of the first object is not lost [first-event]', () => {
    const [notification] = stack.ofType('Custom::S3BucketNotifications');
    for (const name of datasetNames) expect(scheduleOf(name).DependsOn).toContain(notification?.id);
  });

  test('warns at synthesis when it makes more calls than the free plan has [calls]', () => {
    const warnings = (count: number) =>
      new StackTemplate({
        locations: Array.from({ length: count }, (_, index) => `p${index}`),
        datasets: { 'weatherapi/current': {}, 'weatherapi/history': { locations: ['Oslo'] } },
      })
        .annotations('warning')
        .join();
    expect(warnings(136)).toBe('');
    expect(warnings(137)).toBe(
      '100041 calls of WeatherAPI a month: weatherapi/current 100010 (places: 137, schedule: cron(0 * * * ? *)), weatherapi/history 31 (places: 1, schedule: cron(0 14 * * ? *)). The free plan has 100000. [ack: tdf:calls]',
    );
  });

  test.each([
    ['cron(0 14 * * ? *)', false],
    ['rate(1 day)', false],
    ['rate(6 hours)', false],
    ['cron(0 14 ? * MON-FRI *)', true],
    ['rate(25 hours)', true],
  ])('warns at synthesis that days will be missing by %s: %s [missing-days]', (schedule, warns) => {
    const datasets = { 'weatherapi/current': { schedule }, 'weatherapi/history': { schedule } };
    const warnings = new StackTemplate({ datasets, locations: ['Oslo'], stage: 'prod' })
      .annotations('warning')
      .filter((text) => text.includes('missing'));
    expect(warnings).toEqual(
      warns
        ? [
            `Days of weatherapi/history will be missing: each run asks for one day, and two runs of ${schedule} can be more than a day apart. Choose a daily schedule, or fetch the other days: npx tdf backfill --dataset weatherapi/history --from DAY --to DAY --stage prod [ack: tdf:missing-days:weatherapi/history]`,
          ]
        : [],
    );
  });

  test('sends an event that fetch accepts, with the scheduled time and what is configured', () => {
    const datasets = { 'weatherapi/current': { airQuality: true, language: 'fr' } };
    const { Target } = scheduleOf(
      'weatherapi/current',
      new StackTemplate({ locations, datasets }),
    ).Properties;
    const event = parseRunEvent(scheduledEvent(Target, new Date('2026-11-22T05:00:00Z')));
    expect(event).toMatchObject({
      scheduledTime: new Date('2026-11-22T05:00:00Z'),
      dataset: { name: 'weatherapi/current' },
      locations,
      options: { aqi: 'yes', lang: 'fr' },
    });
  });
});

test.each([
  ['a thousand places of 14 forecast days', 1000, 'weatherapi/forecast', 2000],
  ['one place', 1, 'weatherapi/forecast', 512],
  ['a thousand places whose days land one by one', 1000, 'weatherapi/history', 512],
])('the disk of fetch has room for the longest answers of %s', (_what, count, name, mebibytes) => {
  const locations = Array.from({ length: count }, (_, index) => `p${index}`);
  const template = new StackTemplate({ locations, datasets: { [name]: {} } });
  const { EphemeralStorage } = template.resource('AWS::Lambda::Function', 'Fetch/Function').Properties;
  expect(EphemeralStorage).toEqual({ Size: mebibytes });
});

test('the key is no part of the stack: there is only the name of its secret', () => {
  expect(stack.ofType('AWS::SecretsManager::Secret')).toEqual([]);
  expect(fetchFunction.Properties.Environment.Variables.API_KEY_SECRET).toBe('tdf/weatherapi-key');
});

/** Every allowed action with its resources, in alphabetical order. */
function permissions(functionPath: string): [string, unknown[]][] {
  return stack
    .statementsOf(functionPath)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource }) =>
      [Action].flat().map((action): [string, unknown[]] => [action, [Resource].flat()]),
    )
    .sort(([a], [b]) => a.localeCompare(b));
}
