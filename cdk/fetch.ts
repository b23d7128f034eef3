import { ArnFormat, Duration, Size, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { ContextAttribute, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { limits } from '../functions/fetch/limits.ts';
import { listDigest } from '../functions/fetch/place-list.ts';
import type { RunEventInput } from '../functions/fetch/run-event.ts';
import { weatherapiCurrent } from '../shared/datasets/weatherapi-current.ts';
import type { Env, fetchEnv } from '../shared/env.ts';
import { metricNamespace } from '../shared/metrics.ts';
import type { Config } from './config.ts';
import { FunctionSchedule } from './function-schedule.ts';
import { grantObjects } from './object-grant.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface FetchProps {
  readonly config: Config;
  readonly raw: Bucket;
}

/** The schedule, and the function that lands what the API answers. */
export class Fetch extends Construct {
  readonly function: PipelineFunction;
  /** Digest of the configured places. */
  readonly placesList: string;

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
    });

    const dataset = weatherapiCurrent;
    grantObjects(this.function, 's3:PutObject', raw, [dataset.name]);
    // A run first looks at what has landed; when Lambda tries it again, it fetches only what is missing.
    grantObjects(this.function, 's3:GetObject', raw, [dataset.name]);
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

    const { locations } = config;
    const options = {
      aqi: config.airQuality ? 'yes' : 'no',
      ...(config.pollen ? { pollen: 'yes' } : {}),
      ...(config.language ? { lang: config.language } : {}),
    };
    this.placesList = listDigest({ locations, options });
    const input: RunEventInput = {
      // The run's identity: a retried or doubled invocation lands on the same key.
      scheduledTime: ContextAttribute.scheduledTime,
      dataset: dataset.name,
      locations,
      options,
    };
    new FunctionSchedule(this, 'Schedule', {
      description: `Starts a run of ${dataset.name}.`,
      function: this.function,
      expression: config.schedule,
      input: ScheduleTargetInput.fromObject(input),
      maxEventAge,
    });
  }
}
