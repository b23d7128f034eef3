import { describe, expect, test } from '@jest/globals';
import { parseRunEvent } from '../../functions/fetch/run-event.ts';
import { scheduledEvent } from '../../local/schedule.ts';
import { datasetNames, datasets, tableNames } from '../../shared/datasets.ts';
import { compactEnv, convertEnv, fetchEnv, reconcileEnv } from '../../shared/env.ts';
import { listDigest } from '../../shared/list-digest.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { StackTemplate } from './stack-template.ts';

const stack = new StackTemplate();
const raw = stack.resource('AWS::S3::Bucket', 'Raw');
const curated = stack.resource('AWS::S3::Bucket', 'Curated');
const compacted = stack.resource('AWS::S3::Bucket', 'Compacted');
const fetchFunction = stack.resource('AWS::Lambda::Function', 'Fetch/Function');
/** A bucket's events, and what works on them. */
const stageAt = (path: string) => ({
  queue: stack.resource('AWS::SQS::Queue', `${path}/Queue`),
  deadLetters: stack.resource('AWS::SQS::Queue', `${path}/DeadLetters`),
  worker: stack.resource('AWS::Lambda::Function', `${path}/Function`),
});
const convert = stageAt('Convert');
const compact = stageAt('Compact');

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const logsOf = (path: string) => arnOf(stack.resource('AWS::Logs::LogGroup', path).id);
const objectsOf = (id: string, prefix: string) => ({ 'Fn::Join': ['', [arnOf(id), `/${prefix}`]] });
const rawObjects = (end = '*') => datasetNames.map((name) => objectsOf(raw.id, `${name}/${end}`));
// In the order of the template.
const tableObjects = ({ id }: { id: string }) =>
  tableNames.toSorted().map((name) => objectsOf(id, `${name}/*`));

describe('of the buckets,', () => {
  test.each([
    ['raw', raw],
    ['curated', curated],
    ['compacted', compacted],
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
    for (const path of ['Raw', 'Curated', 'Compacted', 'QueryResults']) {
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
    expect(JSON.stringify([rulesOf('Raw'), rulesOf('Curated'), rulesOf('Compacted')])).not.toContain(
      'ExpirationInDays',
    );
  });

  test.each([
    ['raw', raw],
    ['curated', curated],
    ['compacted', compacted],
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

describe.each([
  { from: 'raw', to: 'curated', source: raw, ...convert, events: ['s3:ObjectCreated:*'], atOnce: 3 },
  {
    from: 'curated',
    to: 'compacted',
    source: curated,
    ...compact,
    // Of a day whose last part is removed, too.
    events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
    atOnce: 2,
  },
])('between $from and $to,', ({ source, queue, deadLetters, worker, events, atOnce }) => {
  test('every event that matters is told to the queue, wherever the object is put', () => {
    const notification = stack
      .ofType('Custom::S3BucketNotifications')
      .find(({ Properties }) => Properties.BucketName.Ref === source.id);
    expect(notification?.Properties.NotificationConfiguration).toEqual({
      QueueConfigurations: events.map((event) => ({ Events: [event], QueueArn: arnOf(queue.id) })),
    });
  });

  test('only S3, and only for this bucket, may send to the queue', () => {
    const policies = stack
      .ofType('AWS::SQS::QueuePolicy')
      .filter(({ Properties }) => Properties.Queues[0].Ref === queue.id)
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(policies.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Principal: { Service: 's3.amazonaws.com' },
        Condition: { ArnLike: { 'aws:SourceArn': arnOf(source.id) } },
      }),
    ]);
  });

  test('a message is hidden for six times as long as the function may work on it', () => {
    expect(queue.Properties.VisibilityTimeout).toBe(6 * worker.Properties.Timeout);
  });

  test('a message is tried five times, and a dead one waits longer than the queue keeps any', () => {
    expect(queue.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: arnOf(deadLetters.id),
      maxReceiveCount: 5,
    });
    expect(worker.Properties.Environment.Variables.MAX_RECEIVE_COUNT).toBe('5');
    expect(deadLetters.Properties.MessageRetentionPeriod).toBe(14 * 86_400);
    expect(queue.Properties.MessageRetentionPeriod).toBeLessThan(
      deadLetters.Properties.MessageRetentionPeriod,
    );
  });

  test('no message is affected by another one: each has an invocation of its own, with one whole CPU', () => {
    expect(worker.Properties.MemorySize).toBe(1769);
    const sources = stack
      .ofType('AWS::Lambda::EventSourceMapping')
      .filter(({ Properties }) => Properties.FunctionName.Ref === worker.id);
    expect(sources).toHaveLength(1);
    expect(sources[0]?.Properties).toMatchObject({
      EventSourceArn: arnOf(queue.id),
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: atOnce },
    });
  });
});

test('compact gets an event a minute late, unless configured otherwise, so that the first of a burst does the work of all', () => {
  const delayOf = (template: StackTemplate, path: string) =>
    template.resource('AWS::SQS::Queue', path).Properties.DelaySeconds;
  expect([delayOf(stack, 'Convert/Queue'), delayOf(stack, 'Compact/Queue')]).toEqual([undefined, 60]);
  expect(delayOf(new StackTemplate({ compactDelay: 5 }), 'Compact/Queue')).toBe(5);
});

test('what holds state keeps its logical id: another one would be a new resource, and the old one is deleted [logical-ids]', () => {
  const types = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::KMS::Key'];
  expect(types.flatMap((type) => stack.ofType(type).map(({ id }) => id))).toEqual([
    'Raw72517081',
    'CuratedF137945A',
    'Compacted8065DBD6',
    'QueryResults655BC675',
    'ConvertDeadLettersA1BF64FC',
    'ConvertQueueD3FE49BF',
    'CompactDeadLetters1A629DE9',
    'CompactQueue12CA4EC2',
    'AlertsTopicCF7C81C9',
    'AlertsKey9E1197AF',
  ]);
});

describe('of the functions,', () => {
  test.each([
    ['fetch', fetchFunction, fetchEnv],
    ['convert', convert.worker, convertEnv],
    ['compact', compact.worker, compactEnv],
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
      ['s3:AbortMultipartUpload', tableObjects(curated)],
      ['s3:DeleteObject', rawObjects()],
      ['s3:GetObject', rawObjects()],
      ['s3:GetObject', tableObjects(curated)],
      ['s3:ListBucket', [curated, raw].map(({ id }) => arnOf(id))],
      ['s3:PutObject', [...tableObjects(curated), ...rawObjects('dt=*/*')]],
      ['sqs:DeleteMessage', [arnOf(convert.queue.id)]],
      ['sqs:GetQueueAttributes', [arnOf(convert.queue.id)]],
      ['sqs:ReceiveMessage', [arnOf(convert.queue.id)]],
      ['sqs:SendMessage', [arnOf(convert.deadLetters.id)]],
      ['xray:PutTelemetryRecords', ['*']],
      ['xray:PutTraceSegments', ['*']],
    ]);
  });

  test('compact may only read curated, write and delete its prefixes in compacted, take from its queue and send to its dead letters', () => {
    expect(permissions('Compact/Function')).toEqual([
      ['logs:CreateLogStream', [logsOf('Compact/FunctionLogs')]],
      ['logs:PutLogEvents', [logsOf('Compact/FunctionLogs')]],
      ['s3:AbortMultipartUpload', tableObjects(compacted)],
      ['s3:DeleteObject', tableObjects(compacted)],
      ['s3:GetObject', [...tableObjects(compacted), ...tableObjects(curated)]],
      ['s3:ListBucket', [compacted, curated].map(({ id }) => arnOf(id))],
      ['s3:PutObject', tableObjects(compacted)],
      ['sqs:DeleteMessage', [arnOf(compact.queue.id)]],
      ['sqs:GetQueueAttributes', [arnOf(compact.queue.id)]],
      ['sqs:ReceiveMessage', [arnOf(compact.queue.id)]],
      ['sqs:SendMessage', [arnOf(compact.deadLetters.id)]],
      ['xray:PutTelemetryRecords', ['*']],
      ['xray:PutTraceSegments', ['*']],
    ]);
  });

  test('reconcile may only list the datasets, look at curated and compacted objects, send to the queues and look into the dead letters', () => {
    expect(permissions('Reconcile/Function')).toEqual([
      ['logs:CreateLogStream', [logsOf('Reconcile/FunctionLogs')]],
      ['logs:PutLogEvents', [logsOf('Reconcile/FunctionLogs')]],
      ['s3:GetObject', [...tableObjects(compacted), ...tableObjects(curated)]],
      ['s3:ListBucket', [arnOf(raw.id)]],
      ['s3:ListBucket', [compacted, curated].map(({ id }) => arnOf(id))],
      ['sqs:ChangeMessageVisibility', [compact, convert].map(({ deadLetters: { id } }) => arnOf(id))],
      ['sqs:ReceiveMessage', [compact, convert].map(({ deadLetters: { id } }) => arnOf(id))],
      ['sqs:SendMessage', [compact, convert].map(({ queue: { id } }) => arnOf(id))],
      ['xray:PutTelemetryRecords', ['*']],
      ['xray:PutTraceSegments', ['*']],
    ]);
    const listings = stack
      .statementsOf('Reconcile/Function')
      .flatMap(({ Action, ...statement }) => (Action === 's3:ListBucket' ? [statement] : []));
    expect(listings).toEqual([
      {
        Effect: 'Allow',
        Resource: arnOf(raw.id),
        Condition: { StringEquals: { 's3:prefix': datasetNames.map((name) => `${name}/`) } },
      },
      // Without a condition: it would have S3 answer 403, not 404, for the metadata of an object that has gone.
      { Effect: 'Allow', Resource: [compacted, curated].map(({ id }) => arnOf(id)) },
    ]);
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

  test('is made after the notifications, so that no event of the first object is lost [first-event]', () => {
    const notifications = stack.ofType('Custom::S3BucketNotifications').map(({ id }) => id);
    expect(notifications).toHaveLength(2);
    for (const name of datasetNames)
      expect(scheduleOf(name).DependsOn).toEqual(expect.arrayContaining(notifications));
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
