/** What a run counts. Alarms and dashboard name the same. */
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

export type ReconcileMetric = (typeof reconcileMetrics)[number];
