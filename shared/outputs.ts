/** The stack's outputs, by which commands find what is deployed. */
export const outputNames = [
  'RawBucketName',
  'CuratedBucketName',
  'QueueUrl',
  'DeadLetterQueueUrl',
  /** The name of the secret, never its value. */
  'ApiKeySecretName',
  /** In Glue and Athena. */
  'Database',
  'Workgroup',
  /** `cron(…)` or `rate(…)`, in UTC. */
  'ScheduleExpression',
] as const;

export type Outputs = Readonly<Record<(typeof outputNames)[number], string>>;
