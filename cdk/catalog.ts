import { RemovalPolicy, Size, Stack, Validations } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { columnTypes } from '../shared/column-type.ts';
import { columnsOf, type Dataset, type Table, tableName } from '../shared/dataset.ts';
import { datasets, tableNames } from '../shared/datasets.ts';
import { namedQueries } from '../shared/named-queries.ts';

export interface CatalogProps {
  readonly stage: string;
  /** The bucket that the tables read. */
  readonly data: Bucket;
  /** The one that they read after the next deployment, if it is another one: analysts may read it already. */
  readonly nextData?: Bucket | undefined;
  /** Where Athena writes results. */
  readonly results: Bucket;
  /** A query that would read more is stopped. @default 10 GiB, about 5 cents of Athena */
  readonly scanLimit?: Size;
}

/** What makes the Parquet files tables: database, tables from the declarations, a workgroup, and queries to start from. */
export class Catalog extends Construct {
  readonly database: string;
  readonly workgroup: string;
  /** For people who query: attach it to their role or group. */
  readonly analysts: ManagedPolicy;

  constructor(scope: Construct, id: string, props: CatalogProps) {
    super(scope, id);
    const { stage, data, results, scanLimit = Size.gibibytes(10) } = props;
    this.database = `tdf_weather_${stage.replaceAll('-', '_')}`;
    this.workgroup = `tdf-weather-${stage}`;

    const database = new CfnDatabase(this, 'Database', {
      catalogId: Stack.of(this).account,
      databaseInput: { name: this.database, description: 'Weather, one table per kind of row.' },
    });
    const tables = datasets.flatMap((dataset) =>
      dataset.tables.map((table) => {
        const glueTable = new CfnTable(this, `Table-${table.name.replaceAll('/', '-')}`, {
          catalogId: Stack.of(this).account,
          databaseName: this.database,
          tableInput: tableInput(table, dataset, data),
        });
        glueTable.addResourceDependency(database);
        return glueTable;
      }),
    );

    const workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: this.workgroup,
      description: 'Queries on the weather tables.',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // A client's settings cannot get around the limit or the encryption.
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: scanLimit.toBytes(),
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: results.s3UrlForObject(resultsPrefix),
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
    this.analysts = this.#analystsPolicy(props);
    // Tables leave a bucket before analysts lose it.
    this.analysts.node.addDependency(...tables);
  }

  /** Lets somebody read the tables and run the workgroup, and nothing else: not even see raw. */
  #analystsPolicy({ stage, data, nextData, results }: CatalogProps): ManagedPolicy {
    const readable = nextData ? [data, nextData] : [data];
    const stack = Stack.of(this);
    const glue = (resource: string, resourceName?: string) =>
      stack.formatArn({ service: 'glue', resource, ...(resourceName ? { resourceName } : {}) });
    const written = `${resultsPrefix}*`;
    const prefixes = tableNames.map((name) => `${name}/*`);
    const allow = (actions: string[], resources: string[], conditions = {}) =>
      new PolicyStatement({ actions, resources, conditions });

    const policy = new ManagedPolicy(this, 'Analysts', {
      description: `Reads the tables of ${this.database} through the Athena workgroup ${this.workgroup} (${stage}).`,
      statements: [
        allow(
          [
            ...['StartQueryExecution', 'StopQueryExecution', 'GetQueryExecution', 'BatchGetQueryExecution'],
            ...['GetQueryResults', 'GetQueryResultsStream', 'ListQueryExecutions', 'GetWorkGroup'],
            ...['ListNamedQueries', 'GetNamedQuery', 'BatchGetNamedQuery'],
          ].map((action) => `athena:${action}`),
          [stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: this.workgroup })],
        ),
        allow(
          ['GetDatabase', 'GetTable', 'GetTables', 'GetPartition', 'GetPartitions', 'BatchGetPartition'].map(
            (action) => `glue:${action}`,
          ),
          [glue('catalog'), glue('database', this.database), glue('table', `${this.database}/*`)],
        ),
        allow(
          ['s3:GetObject'],
          readable.flatMap((bucket) => prefixes.map((prefix) => bucket.arnForObjects(prefix))),
        ),
        allow(
          ['s3:ListBucket'],
          readable.map(({ bucketArn }) => bucketArn),
          { StringLike: { 's3:prefix': prefixes } },
        ),
        // Athena writes results with the rights of whoever asks, in parts when they are large.
        allow(
          ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
          [results.arnForObjects(written)],
        ),
        allow(['s3:ListBucket'], [results.bucketArn], { StringLike: { 's3:prefix': written } }),
        allow(
          ['s3:GetBucketLocation'],
          [...readable, results].map(({ bucketArn }) => bucketArn),
        ),
      ],
    });
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:table/${this.database}/*]`,
      reason: 'A list of tables is allowed for all tables of a database or not at all; it has no others.',
    });
    for (const [bucket, objects] of [
      ...readable.flatMap((bucket) => prefixes.map((prefix) => [bucket, prefix] as const)),
      [results, written] as const,
    ]) {
      const bucketId = stack.getLogicalId(bucket.node.defaultChild as CfnBucket);
      Validations.of(policy).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${objects}]`,
        reason: `Keys are made of times and names: whoever queries reaches every object below ${objects}.`,
      });
    }
    return policy;
  }
}

/** Where Athena's results go in their bucket. */
const resultsPrefix = 'results/';

/**
 * Partitions are projected from the keys: no crawler, nothing to add when a day begins. `NOW` is
 * UTC, as the `dt=` folders are. https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
function tableInput(table: Table, { firstDay }: Dataset, data: Bucket): CfnTable.TableInputProperty {
  const location = data.s3UrlForObject(`${table.name}/`);
  return {
    name: tableName(table),
    description: table.description,
    tableType: 'EXTERNAL_TABLE',
    partitionKeys: [{ name: 'dt', type: 'date', comment: 'UTC day' }],
    parameters: {
      classification: 'parquet',
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': `${firstDay},NOW`,
      'projection.dt.interval': '1',
      'projection.dt.interval.unit': 'DAYS',
      'storage.location.template': `${location}dt=\${dt}/`,
    },
    storageDescriptor: {
      location,
      inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      columns: columnsOf(table).map(({ column, type, meaning, unit }) => ({
        name: column,
        type: columnTypes[type].glue,
        // Glue's limit.
        comment: `${meaning}${unit ? ` (${unit})` : ''}`.slice(0, 255),
      })),
    },
  };
}
