import { describe, expect, test } from '@jest/globals';
import {
  compactMetrics,
  convertMetrics,
  datasetMetrics,
  fetchMetrics,
  metricNamespace,
} from '../../shared/metrics.ts';
import { StackTemplate } from './stack-template.ts';

const stack = new StackTemplate();
const [topic] = stack.ofType('AWS::SNS::Topic');
const topicRef = { Ref: topic?.id };

describe('the topic of the alarms', () => {
  const [policy] = stack.ofType('AWS::SNS::TopicPolicy');
  const statements: { Effect: string; Action: unknown; Principal: unknown; Condition: unknown }[] =
    policy?.Properties.PolicyDocument.Statement;

  test('takes messages from the alarms of this account, and lets nobody subscribe', () => {
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
  });

  test('refuses what does not come over TLS', () => {
    expect(statements).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  test('is encrypted with a key that CloudWatch may use, since it cannot use the managed one', () => {
    const [key] = stack.ofType('AWS::KMS::Key');
    expect(topic?.Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key?.id, 'Arn'] });
    expect(key?.Properties.EnableKeyRotation).toBe(true);
    expect(key?.Properties.KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
      }),
    );
  });

  test('mails the address that is given at deployment, and nobody without one', () => {
    const [subscription] = stack.ofType('AWS::SNS::Subscription');
    expect(subscription?.Properties).toMatchObject({ Protocol: 'email', Endpoint: { Ref: 'emailParam' } });
    const { Conditions, Parameters } = stack.json as unknown as {
      Conditions: Record<string, unknown>;
      Parameters: Record<string, { Default: string }>;
    };
    expect(Parameters.emailParam?.Default).toBe('');
    const { Condition = '' } = subscription as unknown as { Condition?: string };
    expect(Conditions[Condition]).toEqual({ 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'emailParam' }, ''] }] });
  });
});

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

const dimensionsOf = (dataset: string): Dimension[] => [
  { Name: 'dataset', Value: dataset },
  { Name: 'service', Value: 'fetch' },
];

describe('an alarm', () => {
  const alarms = stack.ofType('AWS::CloudWatch::Alarm');
  const alarm = (name: string, template = stack) => {
    const found = template
      .ofType('AWS::CloudWatch::Alarm')
      .find(({ Properties }) => Properties.AlarmName === `tdf-weather-dev-${name}`);
    if (!found) throw new Error(`There is no alarm ${name}.`);
    return found.Properties;
  };

  test.each([
    'DeadLetters',
    'ConvertFailing',
    'QueueTooOld',
    'FetchFailed',
    'PlacesMissing',
    'HoursSkipped_weatherapi_current',
    'NotFresh_weatherapi_current',
    'NotFresh_weatherapi_forecast',
    'NotFresh_weatherapi_history',
    'SchemaDrift',
    'ExpectationsFailed',
    'ReconcileFailed',
    'QuotaSpent',
  ])('on %s mails when it begins and when it is over, and says what to type next', (name) => {
    const { AlarmActions, OKActions, AlarmDescription } = alarm(name);
    expect(AlarmActions).toEqual([topicRef]);
    expect(OKActions).toEqual([topicRef]);
    const description = JSON.stringify(AlarmDescription);
    expect(description).toContain('Next: ');
    expect(description.length).toBeLessThan(1024); // CloudWatch's limit.
  });

  test('on drift and on unexpected values names the command that says which', () => {
    expect(alarm('SchemaDrift')).toMatchObject({ MetricName: 'FieldsRescued', Threshold: 1, Period: 3600 });
    expect(alarm('SchemaDrift').AlarmDescription).toContain('npx tdf drift --stage dev');
    expect(alarm('ExpectationsFailed')).toMatchObject({
      MetricName: 'ExpectationsFailed',
      Threshold: 1,
      Period: 3600,
      TreatMissingData: 'notBreaching',
    });
    expect(alarm('ExpectationsFailed').AlarmDescription).toContain(
      'npx tdf logs --function convert --since 2h --level warn --stage dev',
    );
  });

  test.each(['DeadLetters', 'CompactDeadLetters'])(
    '%s rings when one message is dead, whatever way it got there',
    (id) => {
      expect(alarm(id)).toMatchObject({
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Statistic: 'Maximum',
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
      });
    },
  );

  test('is on nothing else, and no two have one name', () => {
    expect(alarms).toHaveLength(16);
    const names = alarms.map(({ Properties }) => Properties.AlarmName.replace('tdf-weather-dev-', ''));
    expect(new Set(names).size).toBe(16);
    // With a hyphen it could be another stage's.
    for (const name of names) expect(name).toMatch(/^\w+$/);
  });

  test('rings when three hours in a row are skipped, not for one', () => {
    expect(alarm('HoursSkipped_weatherapi_current')).toMatchObject({
      MetricName: 'RunsSkipped',
      Dimensions: dimensionsOf('weatherapi/current'),
      Period: 3600,
      EvaluationPeriods: 3,
    });
  });

  test('on skipped hours is there for a dataset with a run in each hour', () => {
    const datasets = {
      'weatherapi/current': { schedule: 'rate(61 minutes)' },
      'weatherapi/forecast': { schedule: 'rate(15 minutes)' },
    };
    const names = new StackTemplate({ datasets })
      .ofType('AWS::CloudWatch::Alarm')
      .map(({ Properties }) => Properties.AlarmName);
    expect(names.filter((name) => name.includes('HoursSkipped'))).toEqual([
      'tdf-weather-dev-HoursSkipped_weatherapi_forecast',
    ]);
  });

  test('rings when nothing of a dataset lands for the set time and one hour of slack, and when nothing runs at all', () => {
    const expected = (hours: number, dataset = 'weatherapi/current') => ({
      Metrics: [
        expect.objectContaining({ Expression: 'FILL(landed, 0)' }),
        expect.objectContaining({
          Id: 'landed',
          MetricStat: expect.objectContaining({
            Metric: expect.objectContaining({
              MetricName: 'RunsLanded',
              Dimensions: dimensionsOf(dataset),
            }),
            Period: 3600,
          }),
        }),
      ],
      ComparisonOperator: 'LessThanThreshold',
      EvaluationPeriods: hours + 1,
      TreatMissingData: 'breaching',
    });
    expect(alarm('NotFresh_weatherapi_current')).toMatchObject(expected(3));
    expect(alarm('NotFresh_weatherapi_history')).toMatchObject(expected(24, 'weatherapi/history'));
    const later = new StackTemplate({ datasets: { 'weatherapi/current': { freshnessHours: 12 } } });
    expect(alarm('NotFresh_weatherapi_current', later)).toMatchObject(expected(12));
  });

  test('says how to fetch the days that a dataset of places and days lacks, once they are known', () => {
    expect(alarm('NotFresh_weatherapi_history').AlarmDescription).toContain(
      'Next: npx tdf status --stage dev; the days that it lacks: npx tdf backfill --dataset weatherapi/history --from DAY --to DAY --stage dev; then',
    );
    expect(alarm('NotFresh_weatherapi_current').AlarmDescription).not.toContain('backfill');
  });

  test('rings when a place is missing three runs in a row, though others land [missing-place]', () => {
    expect(alarm('PlacesMissing')).toMatchObject({
      MetricName: 'PlacesMissing',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  test('rings when Lambda gives a run up, and not for an attempt that is tried again', () => {
    const metrics = JSON.stringify(alarm('FetchFailed').Metrics);
    expect(metrics).toContain('"MetricName":"AsyncEventsDropped"');
    expect(metrics).not.toContain('"MetricName":"Errors"');
  });

  test.each([
    ['Convert', 'ConvertFailing', 'QueueTooOld', {}, 0],
    ['Compact', 'CompactFailing', 'CompactQueueTooOld', {}, 60],
    ['Compact', 'CompactFailing', 'CompactQueueTooOld', { compactDelay: 900 }, 900],
    ['Compact', 'CompactFailing', 'CompactQueueTooOld', { compactDelay: 1 }, 1],
  ])(
    'of %s, %s and %s with %j: waits out one failed try of a message, which takes its delay and its visibility time-out [one-failed-try]',
    (path, failing, tooOld, config, delay) => {
      const template = new StackTemplate(config);
      const { VisibilityTimeout, DelaySeconds = 0 } = template.resource(
        'AWS::SQS::Queue',
        `${path}/Queue`,
      ).Properties;
      expect(DelaySeconds).toBe(delay);
      expect(alarm(tooOld, template).Threshold).toBe(delay + VisibilityTimeout + 15 * 60);
      const minutes = Math.floor(delay / 60) + VisibilityTimeout / 60 + 15;
      expect(alarm(tooOld, template).AlarmDescription).toContain(`for more than ${minutes} minutes`);
      // A message that keeps failing shows in each of the two periods.
      for (const { MetricStat } of alarm(failing, template).Metrics.slice(1))
        expect(MetricStat.Period).toBeGreaterThan(VisibilityTimeout);
      expect(alarm(failing, template).EvaluationPeriods).toBe(2);
    },
  );

  test.each([
    ['cron(0 12 ? * SUN *)', false],
    ['cron(0 * * 1-6 ? *)', false],
    ['rate(8 days)', false],
    ['rate(6 days)', true],
  ])(
    'on freshness for %s is there: %s, as far back as CloudWatch can watch [longest-gap]',
    (schedule, watched) => {
      const datasets = { 'weatherapi/current': { schedule, freshnessHours: 167 }, 'weatherapi/history': {} };
      const template = new StackTemplate({ datasets });
      const names = template.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName);
      expect(names.includes('tdf-weather-dev-NotFresh_weatherapi_current')).toBe(watched);
      const warnings = template.annotations('warning').filter((text) => text.includes('no alarm NotFresh'));
      expect(warnings).toEqual(
        watched ? [] : [expect.stringContaining('no alarm NotFresh for weatherapi/current: two runs of')],
      );
    },
  );

  test('watches only metrics that the functions emit, in the namespace that they are told', () => {
    const namespace = metricNamespace('dev');
    const watched = alarms
      .flatMap(({ Properties }) => [
        Properties,
        ...(Properties.Metrics ?? []).flatMap((entry: { MetricStat?: { Metric: object } }) =>
          entry.MetricStat ? [entry.MetricStat.Metric] : [],
        ),
      ])
      .filter(({ Namespace }) => Namespace === namespace)
      .map(({ MetricName, Dimensions }) => ({
        name: MetricName,
        values: Object.fromEntries(Dimensions.map(({ Name, Value }: Dimension) => [Name, Value])),
      }));
    expect(watched.length).toBeGreaterThan(0);
    for (const { name, values } of watched) {
      const ofService = { fetch: fetchMetrics, convert: convertMetrics, compact: compactMetrics }[
        values.service as 'fetch' | 'convert' | 'compact'
      ];
      expect('dataset' in values ? datasetMetrics : ofService).toContain(name);
    }
    for (const path of ['Fetch/Function', 'Convert/Function', 'Compact/Function']) {
      const { Variables } = stack.resource('AWS::Lambda::Function', path).Properties.Environment;
      expect(Variables.POWERTOOLS_METRICS_NAMESPACE).toBe(namespace);
    }
  });
});
