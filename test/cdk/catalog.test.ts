import { describe, expect, test } from '@jest/globals';
import { parquetSchema } from '../../functions/parquet/parquet-file.ts';
import { columnTypes } from '../../shared/column-type.ts';
import { columnsOf, tableName } from '../../shared/dataset.ts';
import { datasets, tableNames } from '../../shared/datasets.ts';
import { StackTemplate } from './stack-template.ts';
import { assemblyTemplate } from './template-view.ts';

const stack = assemblyTemplate();
const tables = stack.ofType('AWS::Glue::Table').map(({ Properties }) => Properties.TableInput);
const compacted = stack.resource('AWS::S3::Bucket', 'Compacted');

const declared = datasets.flatMap((dataset) => dataset.tables.map((table) => ({ dataset, declared: table })));

test('there is one table for each kind of row that is declared, and no other', () => {
  expect(tables.map(({ Name }) => Name)).toEqual(declared.map((table) => tableName(table.declared)));
});

describe.each(declared.map(({ dataset, declared: table }) => [table.name, dataset, table] as const))(
  'the table %s',
  (name, dataset, rows) => {
    const table = tables.find((input) => input.Name === name.replace('/', '_'));

    test('has the columns of the Parquet files, with the types that Athena reads them as', () => {
      const [root, ...elements] = parquetSchema(rows);
      expect(root?.num_children).toBe(elements.length);
      const glueOf = (element: (typeof elements)[number]) =>
        Object.values(columnTypes).find(
          ({ parquet }) =>
            parquet.type === element.type &&
            ('converted_type' in parquet ? parquet.converted_type : undefined) === element.converted_type,
        )?.glue;
      expect(
        table.StorageDescriptor.Columns.map(({ Name, Type }: { Name: string; Type: string }) => [Name, Type]),
      ).toEqual(elements.map((element) => [element.name, glueOf(element)]));
      expect(elements.map((element) => element.name)).toEqual(columnsOf(rows).map(({ column }) => column));
    });

    test('finds its partitions by the day in the key, in UTC, without a crawler', () => {
      expect(table.PartitionKeys).toEqual([expect.objectContaining({ Name: 'dt', Type: 'date' })]);
      expect(table.Parameters).toMatchObject({
        'projection.enabled': 'true',
        'projection.dt.type': 'date',
        'projection.dt.format': 'yyyy-MM-dd',
        'projection.dt.range': `${dataset.firstDay},NOW`,
        'projection.dt.interval': '1',
        'projection.dt.interval.unit': 'DAYS',
      });
      const location = ['s3://', { Ref: compacted.id }, `/${name}/`];
      expect(table.StorageDescriptor.Location).toEqual({ 'Fn::Join': ['', location] });
      expect(table.Parameters['storage.location.template']).toEqual({
        'Fn::Join': ['', [...location.slice(0, -1), `/${name}/dt=\${dt}/`]],
      });
    });
  },
);

test('tables read curated while the first days of a deployed stack are compacted', () => {
  const before = new StackTemplate({ tables: 'curated' });
  const { id } = before.resource('AWS::S3::Bucket', 'Curated');
  for (const { Properties } of before.ofType('AWS::Glue::Table'))
    expect(JSON.stringify(Properties.TableInput.StorageDescriptor.Location)).toContain(`{"Ref":"${id}"}`);
  const policy = JSON.stringify(before.resource('AWS::IAM::ManagedPolicy', 'Catalog/Analysts').Properties);
  // When the tables read compacted, analysts may do so already; and they lose curated when no table reads it any more.
  expect(policy).toContain(`"${id}"`);
  expect(policy).toContain(compacted.id);
  const { DependsOn } = stack.resource('AWS::IAM::ManagedPolicy', 'Catalog/Analysts');
  expect(DependsOn).toEqual(
    expect.arrayContaining(stack.ofType('AWS::Glue::Table').map((table) => table.id)),
  );
});

test('queries run in a workgroup with its own place, encryption and limit, which no client can lead around', () => {
  const [workgroup] = stack.ofType('AWS::Athena::WorkGroup');
  const results = stack.resource('AWS::S3::Bucket', 'QueryResults');
  expect(workgroup?.Properties).toMatchObject({
    Name: 'tdf-weather-dev',
    RecursiveDeleteOption: true,
    WorkGroupConfiguration: {
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 10 * 1024 ** 3,
      ResultConfiguration: {
        EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
        OutputLocation: { 'Fn::Join': ['', ['s3://', { Ref: results.id }, '/results/']] },
      },
    },
  });
});

test('the queries that people ask for first are there, in the workgroup', () => {
  const queries = stack.ofType('AWS::Athena::NamedQuery').map(({ Properties }) => Properties);
  const names = queries.map(({ Name }) => Name);
  expect(names).toEqual(
    expect.arrayContaining(['Latest conditions per place', 'Daily minimum and maximum', 'Gaps per hour']),
  );
  for (const query of queries) {
    expect(query).toMatchObject({ Database: 'tdf_weather_dev', WorkGroup: 'tdf-weather-dev' });
    expect(tables.some(({ Name }) => query.QueryString.includes(Name))).toBe(true);
  }
});

describe('the policy for analysts', () => {
  const policy = stack.resource('AWS::IAM::ManagedPolicy', 'Catalog/Analysts');
  const statements: { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown }[] =
    policy.Properties.PolicyDocument.Statement;
  const results = stack.resource('AWS::S3::Bucket', 'QueryResults');
  const withAction = (service: string) =>
    statements.filter(({ Action }) => [Action].flat().some((action) => action.startsWith(`${service}:`)));
  const textOf = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const {
      Ref,
      'Fn::GetAtt': [id] = [],
      'Fn::Join': [, parts] = [],
    } = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] };
    return parts?.map(textOf).join('') ?? `<${Ref ?? id}>`;
  };
  const resourcesOf = (service: string) =>
    [...new Set(withAction(service).flatMap(({ Resource }) => [Resource].flat().map(textOf)))].sort();
  const here = (service: string) => `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:`;

  test('allows queries in the workgroup of the stage, and in no other [analysts]', () => {
    expect(resourcesOf('athena')).toEqual([`${here('athena')}workgroup/tdf-weather-dev`]);
    expect(withAction('athena').flatMap(({ Action }) => Action)).toEqual(
      expect.arrayContaining(['athena:StartQueryExecution', 'athena:GetQueryResults']),
    );
  });

  test('allows reading the definitions of the tables of its database, and of no others', () => {
    expect(resourcesOf('glue')).toEqual([
      `${here('glue')}catalog`,
      `${here('glue')}database/tdf_weather_dev`,
      `${here('glue')}table/tdf_weather_dev/*`,
    ]);
  });

  test('allows reading the tables and writing results, and reaches neither raw nor anything else [analysts]', () => {
    const prefixes = tableNames;
    expect(resourcesOf('s3')).toEqual(
      [
        `<${compacted.id}>`,
        ...prefixes.map((prefix) => `<${compacted.id}>/${prefix}/*`),
        `<${results.id}>`,
        `<${results.id}>/results/*`,
      ].sort(),
    );
    const writes = withAction('s3').filter(({ Action }) => JSON.stringify(Action).includes('Put'));
    expect(writes.flatMap(({ Resource }) => [Resource].flat().map(textOf))).toEqual([
      `<${results.id}>/results/*`,
    ]);
    for (const { Action, Condition } of statements.filter(({ Action }) => Action === 's3:ListBucket'))
      expect([Action, Condition]).toEqual([
        's3:ListBucket',
        { StringLike: { 's3:prefix': expect.anything() } },
      ]);
  });

  test('allows nothing that changes the pipeline: no action but these, each by its name [analysts]', () => {
    const actions = statements.flatMap(({ Effect, Action }) => {
      expect(Effect).toBe('Allow');
      return Action;
    });
    for (const action of actions)
      expect(action).toMatch(
        /^(athena:(Start|Stop|Get|BatchGet|List)\w+|glue:(Get|BatchGet)\w+|s3:(GetObject|PutObject|AbortMultipartUpload|ListMultipartUploadParts|ListBucket|GetBucketLocation))$/,
      );
  });

  test('has its ARN among the outputs, to be attached to a role or a group', () => {
    expect(stack.json.Outputs?.AnalystsPolicyArn).toEqual({ Value: { Ref: policy.id } });
  });
});
