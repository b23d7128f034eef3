import { describe, expect, test } from '@jest/globals';
import { parquetSchema } from '../../functions/parquet/parquet-file.ts';
import { columnTypes } from '../../shared/column-type.ts';
import { columnsOf } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { assemblyTemplate } from './template-view.ts';

const stack = assemblyTemplate();
const tables = stack.ofType('AWS::Glue::Table').map(({ Properties }) => Properties.TableInput);
const curated = stack.resource('AWS::S3::Bucket', 'Curated');

describe.each(datasets.map((dataset) => [dataset.name, dataset] as const))(
  'the table of %s',
  (name, dataset) => {
    const table = tables.find((input) => input.Name === name.replace('/', '_'));

    test('has the columns of the Parquet files, with the types that Athena reads them as', () => {
      const [root, ...elements] = parquetSchema(dataset);
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
      expect(elements.map((element) => element.name)).toEqual(columnsOf(dataset).map(({ column }) => column));
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
      const location = ['s3://', { Ref: curated.id }, `/${name}/`];
      expect(table.StorageDescriptor.Location).toEqual({ 'Fn::Join': ['', location] });
      expect(table.Parameters['storage.location.template']).toEqual({
        'Fn::Join': ['', [...location.slice(0, -1), `/${name}/dt=\${dt}/`]],
      });
    });
  },
);

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
    expect(query.QueryString).toContain('weatherapi_current');
  }
});
