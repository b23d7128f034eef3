import { ArnFormat, Duration, Size, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { ContextAttribute, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { limits } from '../functions/fetch/limits.ts';
import type { RunEventInput } from '../functions/fetch/run-event.ts';
import type { Env, fetchEnv } from '../shared/env.ts';
import { listDigest } from '../shared/list-digest.ts';
import { metricNamespace } from '../shared/metrics.ts';
import type { Config, ConfiguredDataset } from './config.ts';
import { FunctionSchedule } from './function-schedule.ts';
import { grantObjects } from './object-grant.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface FetchProps {
  readonly config: Config;
  readonly raw: Bucket;
}

interface FetchSchedule {
  readonly schedule: FunctionSchedule;
  /** Digest of the configured places, which a run for them writes into its object's metadata. */
  readonly placesList: string;
}

/** What Lambda gives a function at no cost. */
const freeDisk = Size.mebibytes(512);

/** The function that lands what the API answers, and the schedule of each dataset. */
export class Fetch extends Construct {
  readonly function: PipelineFunction;
  /** By the names of their datasets. */
  readonly schedules: ReadonlyMap<string, FetchSchedule>;

  constructor(scope: Construct, id: string, { config, raw }: FetchProps) {
    super(scope, id);
    const environment: Env<typeof fetchEnv> = {
      RAW_BUCKET: raw.bucketName,
      API_KEY_SECRET: config.secretName,
      WEATHERAPI_URL: config.apiUrl,
      POWERTOOLS_METRICS_NAMESPACE: metricNamespace(config.stage),
    };
    this.function = new PipelineFunction(this, 'Function', {
      description: 'Lands what WeatherAPI.com answers in the raw bucket.',
      folder: 'fetch',
      environment,
      memory: Size.mebibytes(512),
      timeout: Duration.millis(limits.timeout),
      disk: diskFor(config.datasets),
    });

    const namesOf = (list: Config['datasets']) => list.map(({ dataset }) => dataset.name);
    grantObjects(this.function, 's3:PutObject', raw, namesOf(config.datasets));
    // A run first looks at what has landed; when Lambda tries it again, it fetches only what is missing.
    grantObjects(this.function, 's3:GetObject', raw, namesOf(config.datasets.filter(hasObjectPerRun)));
    this.function.addToRolePolicy(
      // Without it S3 answers 403 for an object that is not there, instead of 404. A condition on s3:prefix would defeat
      // that: a HeadObject has no prefix to match.
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [raw.bucketArn] }),
    );
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        // Secrets Manager ends each ARN with a hyphen and six characters of its own.
        resources: [
          Stack.of(this).formatArn({
            service: 'secretsmanager',
            resource: 'secret',
            resourceName: `${config.secretName}-??????`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
    );
    const maxEventAge = Duration.millis(limits.latestStart);
    this.function.configureAsyncInvoke({ retryAttempts: limits.retries, maxEventAge });

    this.schedules = new Map(
      config.datasets.map(({ dataset: { name }, schedule, locations, options }) => {
        const input: RunEventInput = {
          // The run's identity: a retried or doubled invocation lands on the same key.
          scheduledTime: ContextAttribute.scheduledTime,
          dataset: name,
          locations: [...locations],
          options,
        };
        const scheduled = new FunctionSchedule(this, `Schedule-${name.replaceAll('/', '-')}`, {
          description: `Starts a run of ${name}.`,
          function: this.function,
          expression: schedule,
          input: ScheduleTargetInput.fromObject(input),
          maxEventAge,
        });
        const placesList = listDigest({ locations, options });
        return [name, { schedule: scheduled, placesList }];
      }),
    );
  }
}

/** Its answers are on the function's disk until all have come. */
function hasObjectPerRun({ dataset }: ConfiguredDataset): boolean {
  return dataset.identity === 'time';
}

/** Room for the largest run, were each of its answers as long as can be. */
function diskFor(configured: Config['datasets']): Size {
  const bytes = configured
    .filter(hasObjectPerRun)
    .map(({ dataset, locations }) => dataset.maxAnswerBytes * locations.length);
  const mebibytes = Math.ceil(Math.max(0, ...bytes) / 1024 ** 2);
  return Size.mebibytes(Math.max(freeDisk.toMebibytes(), mebibytes));
}
