/** The stack's outputs, by which commands find what is deployed. */
export const outputNames = [
  'RawBucketName',
  'CuratedBucketName',
  'CompactedBucketName',
  'QueueUrl',
  'DeadLetterQueueUrl',
  'CompactQueueUrl',
  'CompactDeadLetterQueueUrl',
  /** The name of the secret, never its value. */
  'ApiKeySecretName',
  /** In Glue and Athena. */
  'Database',
  'Workgroup',
  /** The function also serves a run by hand. */
  'FetchFunctionName',
  /** JSON: the schedule of each dataset, by its name; `schedulesIn` reads it. */
  'Schedules',
  /** JSON: `Versions`. */
  'Versions',
  /** Where each function's log lines are. */
  'FetchLogGroup',
  'ConvertLogGroup',
  'CompactLogGroup',
  'ReconcileLogGroup',
] as const;

/** The functions that log. */
export const loggingFunctions = ['fetch', 'convert', 'compact', 'reconcile'] as const;
export type LoggingFunction = (typeof loggingFunctions)[number];

export type Outputs = Readonly<Record<(typeof outputNames)[number], string>>;

/** What starts the runs of a dataset. */
export interface DatasetSchedule {
  /** In EventBridge Scheduler. */
  readonly name: string;
  /** `cron(…)` or `rate(…)`, in UTC. */
  readonly expression: string;
  /** Digest of the configured places, which a run for them writes into its object's metadata. */
  readonly placesList: string;
}

/** By the names of the datasets that the stack fetches. */
export function schedulesIn({ Schedules }: Pick<Outputs, 'Schedules'>): ReadonlyMap<string, DatasetSchedule> {
  return new Map(Object.entries(JSON.parse(Schedules) as Record<string, DatasetSchedule>));
}
