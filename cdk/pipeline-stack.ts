import { Annotations, CfnOutput, Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { StorageClass } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { outlook } from '../shared/expected-runs.ts';
import type { DatasetSchedule, Outputs } from '../shared/outputs.ts';
import { versions } from '../shared/parts.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms, type WatchedDataset } from './alarms.ts';
import { callsPerMonth } from './calls-per-month.ts';
import { Catalog } from './catalog.ts';
import { Compact } from './compact.ts';
import type { Config } from './config.ts';
import { gapOf, maxFreshnessHours } from './config-schema.ts';
import { Convert } from './convert.ts';
import { FlowDashboard } from './dashboard.ts';
import { DataBucket } from './data-bucket.ts';
import { Fetch } from './fetch.ts';
import { Reconcile } from './reconcile.ts';

export interface PipelineStackProps extends StackProps {
  readonly config: Config;
}

/** The pipeline, in the order in which the data flows: fetch, raw, convert, curated, compact, compacted. Then what watches it. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: PipelineStackProps) {
    super(scope, id, { terminationProtection: config.retainData, ...props });
    const { stage, retainData: retain } = config;

    const raw = new DataBucket(this, 'Raw', {
      retain,
      versioned: true,
      lifecycleRules: [
        {
          transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) }],
        },
        // When the last version has expired, its delete marker goes, too.
        { noncurrentVersionExpiration: Duration.days(90), expiredObjectDeleteMarker: true },
      ],
    });
    const curated = new DataBucket(this, 'Curated', { retain });
    const compacted = new DataBucket(this, 'Compacted', { retain });

    const fetch = new Fetch(this, 'Fetch', { config, raw });
    const convert = new Convert(this, 'Convert', { stage, raw, curated });
    const compact = new Compact(this, 'Compact', { stage, curated, compacted, delay: config.compactDelay });
    // The first run may start at once, and the events of its objects need somewhere to go.
    for (const { schedule } of fetch.schedules.values())
      schedule.node.addDependency(...[raw, curated].map(({ node }) => node.findChild('Notifications')));

    const reconcile = new Reconcile(this, 'Reconcile', {
      stage,
      raw,
      curated,
      compacted,
      convert,
      compact,
    });

    const results = new DataBucket(this, 'QueryResults', {
      retain: false,
      lifecycleRules: [{ expiration: Duration.days(30) }],
    });
    const catalog = new Catalog(this, 'Catalog', {
      stage,
      ...(config.tables === 'curated' ? { data: curated, nextData: compacted } : { data: compacted }),
      results,
    });

    const { topic } = new AlarmTopic(this, 'Alerts');
    const datasets = config.datasets.map(({ dataset: { name, identity }, schedule, freshnessHours }) => {
      const { longestGap } = outlook(schedule, new Date());
      return {
        name,
        identity,
        schedule,
        longestGap,
        freshnessHours: longestGap > maxFreshnessHours ? undefined : freshnessHours,
      };
    });
    annotate(this, config, datasets);
    const alarms = new Alarms(this, 'Alarms', { stage, fetch, convert, compact, reconcile, topic, datasets });
    const names = datasets.map(({ name }) => name);
    new FlowDashboard(this, 'Flow', { stage, datasets: names, fetch, convert, compact, alarms });

    const notificationsHandler = this.node.children.find(({ node }) =>
      node.id.startsWith('BucketNotificationsHandler'),
    );
    if (notificationsHandler) {
      Validations.of(notificationsHandler).acknowledge({
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
        reason:
          "The CDK's own function, which sets up the bucket's notification while the stack is deployed.",
      });
    }

    const outputs: Outputs = {
      RawBucketName: raw.bucketName,
      CuratedBucketName: curated.bucketName,
      CompactedBucketName: compacted.bucketName,
      QueueUrl: convert.queue.queueUrl,
      DeadLetterQueueUrl: convert.deadLetters.queueUrl,
      CompactQueueUrl: compact.queue.queueUrl,
      CompactDeadLetterQueueUrl: compact.deadLetters.queueUrl,
      ApiKeySecretName: config.secretName,
      Database: catalog.database,
      Workgroup: catalog.workgroup,
      FetchFunctionName: fetch.function.functionName,
      Schedules: this.toJsonString(
        Object.fromEntries(
          Array.from(fetch.schedules, ([dataset, { schedule, placesList }]) => [
            dataset,
            {
              name: schedule.scheduleName,
              expression: schedule.expression,
              placesList,
            } satisfies DatasetSchedule,
          ]),
        ),
      ),
      Versions: JSON.stringify(versions),
      FetchLogGroup: fetch.function.logGroup.logGroupName,
      ConvertLogGroup: convert.function.logGroup.logGroupName,
      CompactLogGroup: compact.function.logGroup.logGroupName,
      ReconcileLogGroup: reconcile.function.logGroup.logGroupName,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
    new CfnOutput(this, 'AnalystsPolicyArn', { value: catalog.analysts.managedPolicyArn });
  }
}

/** What WeatherAPI's free plan has. */
const freeCallsPerMonth = 100_000;

/** Warns at synthesis when the schedule asks too much of WeatherAPI's plan, or of CloudWatch. */
function annotate(
  stack: Stack,
  config: Config,
  datasets: readonly (WatchedDataset & { readonly schedule: string })[],
): void {
  const annotations = Annotations.of(stack);
  const { calls, text } = callsPerMonth(config);
  if (calls > freeCallsPerMonth)
    annotations.addWarningV2('tdf:calls', `${text} The free plan has ${freeCallsPerMonth}.`);
  for (const { name, schedule } of datasets.filter(({ freshnessHours }) => freshnessHours === undefined)) {
    annotations.addWarningV2(
      `tdf:not-fresh:${name}`,
      `There is no alarm NotFresh for ${name}: two runs of ${schedule} can be further apart than CloudWatch can watch.`,
    );
  }
  for (const { dataset, schedule } of config.datasets) {
    if (dataset.identity !== 'place-and-day' || gapOf(schedule) <= 24) continue;
    annotations.addWarningV2(
      `tdf:missing-days:${dataset.name}`,
      `Days of ${dataset.name} will be missing: each run asks for one day, and two runs of ${schedule} can be more than a day apart. Choose a daily schedule, or fetch the other days: npx tdf backfill --dataset ${dataset.name} --from DAY --to DAY --stage ${config.stage}`,
    );
  }
}
