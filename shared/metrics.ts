/** The metrics of each function. Alarms and the dashboard use the same names. */
export const fetchMetrics = [
  /** Places whose data a run added to raw. */
  'PlacesFetched',
  /** Places without data this hour, for reasons that pass by themselves. */
  'PlacesSkipped',
  /** Places that somebody has to fix in the configuration. */
  'PlacesFailed',
  /** Skipped places that the two landed runs before this one lack too. */
  'PlacesMissing',
  /** Runs that the provider refused because the month's calls are spent. */
  'QuotaSpent',
] as const;

/** The metrics of fetch that have a dimension `dataset`: alarms ring by dataset. */
export const datasetMetrics = [
  /** Runs that have a raw object. */
  'RunsLanded',
  /** Runs without any data, for reasons that pass by themselves. */
  'RunsSkipped',
] as const;

export const convertMetrics = [
  'ObjectsConverted',
  'RowsConverted',
  /** Values that found no column: the provider changed something. */
  'FieldsRescued',
  /** Values that their columns do not expect. The rows are kept as they are. */
  'ExpectationsFailed',
  /** Objects that were deleted before they could be converted. */
  'ObjectsGone',
  /** Messages left in the queue for another try. Lambda's Errors does not count them. */
  'ConvertRetries',
] as const;

export const compactMetrics = [
  /** Compacted objects written. */
  'DaysCompacted',
  /** As of convert. */
  'CompactRetries',
] as const;

export const reconcileMetrics = [
  /** Raw objects without a curated object: their events were lost. */
  'ObjectsMissing',
  /** Raw objects that are newer than their curated objects. */
  'ObjectsStale',
  /** Raw objects in the dead-letter queue. */
  'ObjectsDead',
  /** Messages sent to convert an object again. */
  'ObjectsEnqueued',
  /** Days of tables whose compacted object was not made of the curated objects that there are. */
  'DaysStale',
] as const;

export type FetchMetric = (typeof fetchMetrics)[number];
export type DatasetMetric = (typeof datasetMetrics)[number];
export type ConvertMetric = (typeof convertMetrics)[number];
export type CompactMetric = (typeof compactMetrics)[number];
export type ReconcileMetric = (typeof reconcileMetrics)[number];

/** Each stage has a CloudWatch namespace of its own. */
export function metricNamespace(stage: string): string {
  return `TdfWeather/${stage}`;
}
