import type { DataPoint } from './metric.ts';

/** The part of the embedded metric format that says which members of a log line are metrics. */
interface Declaration {
  readonly Timestamp: number;
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    /** Sets of member names; each set makes metrics of its own. */
    readonly Dimensions?: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/**
 * The data points in a log line; none in any other line than one of metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function dataPointsIn(line: string): DataPoint[] {
  const members = parse(line);
  if (!members?._aws?.CloudWatchMetrics) return [];
  const { Timestamp, CloudWatchMetrics } = members._aws;
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions = [[]], Metrics }) =>
    Dimensions.flatMap((set) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(set.map((dimension) => [dimension, String(members[dimension])])),
        values: [members[Name]].flat().filter((value) => typeof value === 'number'),
        timestamp: Timestamp,
      })),
    ),
  );
}

/** The log line that says so. */
export function metricsLine(
  Namespace: string,
  dimensions: Readonly<Record<string, string>>,
  at: Date,
  values: Readonly<Record<string, number>>,
): string {
  const Metrics = Object.keys(values).map((Name) => ({ Name }));
  const declared = { Namespace, Dimensions: [Object.keys(dimensions)], Metrics };
  const _aws: Declaration = { Timestamp: at.getTime(), CloudWatchMetrics: [declared] };
  return JSON.stringify({ _aws, ...dimensions, ...values });
}

function parse(line: string): ({ _aws?: Declaration } & Record<string, unknown>) | undefined {
  // Most lines are none of metrics: not worth parsing.
  if (!line.includes('"CloudWatchMetrics"')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
