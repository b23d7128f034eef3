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
  /** Digest of the configured places, which a run for them writes into its object's metadata. */
  'PlacesList',
  /** Where each function's log lines are. */
  'FetchLogGroup',
  'ConvertLogGroup',
  'ReconcileLogGroup',
] as const;

/** The functions that log. */
export const loggingFunctions = ['fetch', 'convert', 'reconcile'] as const;
export type LoggingFunction = (typeof loggingFunctions)[number];

export type Outputs = Readonly<Record<(typeof outputNames)[number], string>>;
