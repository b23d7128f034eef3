/** The stack's outputs: how the operator's commands find what was deployed. */
export interface Outputs {
  readonly RawBucketName: string;
  readonly CuratedBucketName: string;
  readonly QueueUrl: string;
  readonly DeadLetterQueueUrl: string;
  /** Name of the secret that holds WeatherAPI's key; never its value. */
  readonly ApiKeySecretName: string;
  /** Glue's database and Athena's workgroup. */
  readonly Database: string;
  readonly Workgroup: string;
  /** When runs are expected, in UTC: `cron(…)` or `rate(…)`. */
  readonly ScheduleExpression: string;
}
