import { RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { columnTypes } from '../shared/column-type.ts';
import { columnsOf, type Dataset, tableName } from '../shared/dataset.ts';
import { datasets } from '../shared/datasets.ts';
import { namedQueries } from '../shared/named-queries.ts';

export interface CatalogProps {
  readonly stage: string;
  readonly curated: Bucket;
  /** Where Athena writes results. */
  readonly results: Bucket;
  /** A query that would read more is stopped. @default 10 GiB, about 5 cents of Athena */
  readonly scanLimit?: Size;
}

/** What makes the Parquet files tables: database, tables from the declarations, a workgroup, and queries to start from. */
export class Catalog extends Construct {
  readonly database: string;
  readonly workgroup: string;

  constructor(scope: Construct, id: string, props: CatalogProps) {
    super(scope, id);
    const { stage, curated, results, scanLimit = Size.gibibytes(10) } = props;
    this.database = `tdf_weather_${stage.replaceAll('-', '_')}`;
    this.workgroup = `tdf-weather-${stage}`;

    const database = new CfnDatabase(this, 'Database', {
      catalogId: Stack.of(this).account,
      databaseInput: { name: this.database, description: 'Curated weather, one table per dataset.' },
    });
    for (const dataset of datasets) {
      new CfnTable(this, `Table-${dataset.name.replaceAll('/', '-')}`, {
        catalogId: Stack.of(this).account,
        databaseName: this.database,
        tableInput: tableInput(dataset, curated),
      }).addResourceDependency(database);
    }

    const workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: this.workgroup,
      description: 'Queries on curated weather.',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // A client's settings cannot get around the limit or the encryption.
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: scanLimit.toBytes(),
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: results.s3UrlForObject('results/'),
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
    workgroup.applyRemovalPolicy(RemovalPolicy.DESTROY);
    for (const { name, description, sql } of namedQueries) {
      new CfnNamedQuery(this, `Query-${name.replaceAll(/\W+/g, '-')}`, {
        name,
        description,
        database: this.database,
        queryString: sql,
        workGroup: this.workgroup,
      }).addResourceDependency(workgroup);
    }
  }
}

/**
 * A dataset's table. Partitions are projected from the keys: no crawler, nothing to add when a day begins. `NOW` is
 * UTC, as the `dt=` folders are. https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
export function tableInput(dataset: Dataset, curated: Bucket): CfnTable.TableInputProperty {
  const location = curated.s3UrlForObject(`${dataset.name}/`);
  return {
    name: tableName(dataset),
    description: dataset.description,
    tableType: 'EXTERNAL_TABLE',
    partitionKeys: [{ name: 'dt', type: 'date', comment: 'UTC day' }],
    parameters: {
      classification: 'parquet',
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': `${dataset.firstDay},NOW`,
      'projection.dt.interval': '1',
      'projection.dt.interval.unit': 'DAYS',
      'storage.location.template': `${location}dt=\${dt}/`,
    },
    storageDescriptor: {
      location,
      inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      columns: columnsOf(dataset).map(({ column, type, meaning, unit }) => ({
        name: column,
        type: columnTypes[type].glue,
        // Glue's limit.
        comment: `${meaning}${unit ? ` (${unit})` : ''}`.slice(0, 255),
      })),
    },
  };
}
