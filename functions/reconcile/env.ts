/** What this function reads from its environment. The stack has to supply exactly these names. */
export const reconcileEnv = [
  'RAW_BUCKET',
  'CURATED_BUCKET',
  'QUEUE_URL',
  'DEAD_LETTER_QUEUE_URL',
  'POWERTOOLS_METRICS_NAMESPACE',
] as const;
