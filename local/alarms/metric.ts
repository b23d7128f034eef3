/** What CloudWatch calls one metric: the same name with other dimensions is another one. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One text a metric, whatever the order of its dimensions. */
export function metricId({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}

/** Values that were counted at one instant. */
export interface DataPoint extends Metric {
  readonly values: readonly number[];
  /** Epoch milliseconds. */
  readonly timestamp: number;
}
