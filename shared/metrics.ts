/** What each function counts, once per invocation. Alarms and dashboard name the same. */
export const fetchMetrics = [
  /** Places whose data came. */
  'PlacesFetched',
  /** Places without data this hour, for reasons that pass by themselves. */
  'PlacesSkipped',
  /** Places that need somebody to mend the configuration. */
  'PlacesFailed',
  /** Places without data in this run and in the two landed runs before it. */
  'PlacesMissing',
  /** Runs that landed a raw object. */
  'RunsLanded',
  /** Runs without any data, for reasons that pass by themselves. */
  'RunsSkipped',
  /** Runs in which the provider said that the month's calls are spent. */
  'QuotaSpent',
] as const;

export const convertMetrics = [
  'MessagesReceived',
  'ObjectsConverted',
  'RowsConverted',
  /** Values that found no column: the provider changed something. */
  'FieldsRescued',
  /** Objects that were removed before they could be converted. */
  'ObjectsGone',
  /** Messages sent to the dead-letter queue by the function itself. */
  'DeadLetters',
  /** Messages left in the queue for another try; Lambda's own Errors does not count them. */
  'ConvertRetries',
] as const;

export const reconcileMetrics = [
  /** Raw objects without a curated one: their events were lost. */
  'ObjectsMissing',
  /** Raw objects that are newer than their curated one. */
  'ObjectsStale',
  /** Raw objects that wait in the dead-letter queue for somebody. */
  'ObjectsDead',
  /** Messages sent to have an object converted again. */
  'ObjectsEnqueued',
] as const;

export type FetchMetric = (typeof fetchMetrics)[number];
export type ConvertMetric = (typeof convertMetrics)[number];
export type ReconcileMetric = (typeof reconcileMetrics)[number];

/** The CloudWatch namespace of one deployment: stages do not mix. */
export function metricNamespace(stage: string): string {
  return `TdfWeather/${stage}`;
}
