/** The stack's outputs: how the operator's commands find what was deployed. */
export const outputNames = [
  'RawBucketName',
  'CuratedBucketName',
  'QueueUrl',
  'DeadLetterQueueUrl',
  /** Name of the secret that holds WeatherAPI's key; never its value. */
  'ApiKeySecretName',
  /** Glue's database and Athena's workgroup. */
  'Database',
  'Workgroup',
  /** When runs are expected, in UTC: `cron(…)` or `rate(…)`. */
  'ScheduleExpression',
  /** Where each function's log lines are. */
  'FetchLogGroup',
  'ConvertLogGroup',
  'ReconcileLogGroup',
] as const;

/** The functions that log. */
export const loggingFunctions = ['fetch', 'convert', 'reconcile'] as const;
export type LoggingFunction = (typeof loggingFunctions)[number];

export type Outputs = Readonly<Record<(typeof outputNames)[number], string>>;
