import { describe, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { StackTemplate } from './stack-template.ts';

const stack = new StackTemplate();

/** Why a statement may name every resource, or a family of actions. Anything else with a `*` fails. */
const wildcardReasons: readonly {
  readonly action: RegExp;
  readonly resource: RegExp;
  readonly reason: string;
}[] = [
  { action: /^xray:/, resource: /^"\*"$/, reason: 'X-Ray has no resources to name.' },
  { action: /^kms:/, resource: /^"\*"$/, reason: "In a key's own policy `*` is the key." },
  { action: /^s3:\*$/, resource: /./, reason: 'Denied, to everybody, without TLS.' },
  { action: /^sqs:\*$/, resource: /./, reason: 'Denied, to everybody, without TLS.' },
  {
    action: /^s3:(DeleteObject\*|GetBucket\*|List\*|PutBucketPolicy)$/,
    resource: /./,
    reason: "The CDK's function that empties this bucket on destroy.",
  },
  {
    action: /^s3:(GetObject|PutObject|DeleteObject|AbortMultipartUpload)$/,
    resource: /\/weatherapi\/\w+\/(dt=\*\/)?\*"/,
    reason: 'The objects of one dataset or table.',
  },
  {
    action: /^glue:/,
    resource: /table\/tdf_weather_dev\/\*"/,
    reason: 'A list of tables is allowed for all tables of a database or not at all.',
  },
  {
    action: /^s3:(GetObject|PutObject|AbortMultipartUpload|ListMultipartUploadParts)$/,
    resource: /QueryResults.*"\/results\/\*"/,
    reason: "The results of analysts' queries.",
  },
];

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
}

const statements = Object.entries(stack.json.Resources).flatMap(([id, { Properties }]) =>
  [
    ...(Properties?.PolicyDocument?.Statement ?? []),
    ...(Properties?.KeyPolicy?.Statement ?? []),
    ...(Properties?.Policies ?? []).flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement,
    ),
  ].map((statement: Statement) => ({ id, statement })),
);

describe('permissions', () => {
  test('are all looked at', () => {
    expect(statements.length).toBeGreaterThan(20);
  });

  test.each(statements)('in $id have a written reason for every wildcard', ({ statement }) => {
    const resources = [statement.Resource ?? []].flat().map((resource) => JSON.stringify(resource));
    for (const action of [statement.Action].flat()) {
      for (const resource of resources) {
        const bare = resource.replaceAll('arn:*', '');
        if (!action.includes('*') && !bare.includes('*')) continue;
        expect({
          action,
          resource,
          reasons: wildcardReasons
            .filter((known) => known.action.test(action) && known.resource.test(resource))
            .map(({ reason }) => reason),
        }).toEqual(expect.objectContaining({ reasons: [expect.any(String)] }));
      }
    }
  });

  test('never name everybody in a statement that allows something', () => {
    const everybody = statements.filter(
      ({ statement: { Effect, Principal } }) =>
        Effect === 'Allow' && (Principal === '*' || JSON.stringify(Principal) === '{"AWS":"*"}'),
    );
    expect(everybody).toEqual([]);
  });
});

test("cdk-nag's AwsSolutions pack finds nothing that is not acknowledged with its reason", () => {
  const { app } = new StackTemplate({}, (nagged) =>
    Validations.of(nagged).addPlugins(new AwsSolutionsChecks(nagged)),
  );
  const assembly = app.synth();
  expect(assembly.stacks.map(({ stackName }) => stackName)).toEqual(['Test']);
});

test('logs are JSON and kept for a set time, and every function is traced', () => {
  const groups = stack.ofType('AWS::Logs::LogGroup');
  for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(90);
  for (const path of ['Fetch/Function', 'Convert/Function', 'Compact/Function']) {
    const { LoggingConfig, TracingConfig } = stack.resource('AWS::Lambda::Function', path).Properties;
    expect(LoggingConfig).toMatchObject({ LogFormat: 'JSON' });
    expect(groups.map(({ id }) => id)).toContain(LoggingConfig.LogGroup.Ref);
    expect(TracingConfig).toEqual({ Mode: 'Active' });
  }
});

describe('a production deployment', () => {
  const production = new StackTemplate({ retainData: true });

  test('cannot be destroyed by mistake, and its data outlives it [retained]', () => {
    expect(production.stack.terminationProtection).toBe(true);
    for (const path of ['Raw', 'Curated']) {
      const bucket = production.resource('AWS::S3::Bucket', path);
      const policy = production
        .ofType('AWS::S3::BucketPolicy')
        .find(({ Properties }) => Properties.Bucket.Ref === bucket.id);
      // What refuses plain HTTP stays, too; but nothing of a first deployment that failed.
      for (const resource of [bucket, policy]) {
        expect(resource).toMatchObject({
          DeletionPolicy: 'RetainExceptOnCreate',
          UpdateReplacePolicy: 'Retain',
        });
      }
    }
    const emptied = production
      .ofType('Custom::S3AutoDeleteObjects')
      .map(({ Properties }) => Properties.BucketName.Ref);
    expect(emptied).toEqual([production.resource('AWS::S3::Bucket', 'QueryResults').id]);
  });
});

test('two stages share no name, so they live side by side in one account', () => {
  const names = (stage: string) =>
    Object.values(new StackTemplate({ stage }).json.Resources)
      .flatMap(({ Type, Properties }) => [
        Properties?.AlarmName,
        Properties?.DashboardName,
        Properties?.BucketName,
        Properties?.QueueName,
        Properties?.FunctionName,
        Properties?.RoleName,
        Properties?.LogGroupName,
        Properties?.TopicName,
        Properties?.DatabaseInput?.Name,
        Type === 'AWS::Athena::WorkGroup' ? Properties.Name : undefined,
        Type === 'AWS::Scheduler::Schedule' ? Properties.Name : undefined,
      ])
      .filter((name): name is string => typeof name === 'string');
  const [dev, prod] = [names('dev'), names('prod')];
  expect(dev.length).toBeGreaterThan(0);
  expect(prod.filter((name) => dev.includes(name))).toEqual([]);
});
