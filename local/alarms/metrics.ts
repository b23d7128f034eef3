/** What CloudWatch calls one metric: the same name with other dimensions is another one. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Values that were counted at one instant. */
export interface DataPoint extends Metric {
  readonly values: readonly number[];
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** What CloudWatch keeps of the values of one minute, which is its standard resolution. */
type Summary = Readonly<Record<Statistic, number>>;

/** Those that the stack's alarms use. */
export type Statistic = 'Sum' | 'Maximum';

export const minute = 60_000;

/** What was counted so far. Its size depends on metrics and minutes, not on how many values there were. */
export class MetricStore {
  /** metric -> start of the minute -> its values */
  readonly #metrics = new Map<string, Map<number, Summary>>();

  add(point: DataPoint): void {
    const minutes = this.#metrics.get(idOf(point)) ?? new Map<number, Summary>();
    this.#metrics.set(idOf(point), minutes);
    const start = Math.floor(point.timestamp / minute) * minute;
    for (const value of point.values) {
      minutes.set(start, together(minutes.get(start), { Sum: value, Maximum: value }));
    }
  }

  /** A metric's statistic from one full minute until another; undefined when there is no data point. */
  statistic(metric: Metric, statistic: Statistic, from: number, until: number): number | undefined {
    let all: Summary | undefined;
    for (const [start, summary] of this.#metrics.get(idOf(metric)) ?? []) {
      if (start >= from && start < until) all = together(all, summary);
    }
    return all?.[statistic];
  }
}

/** One text for each metric, whatever the order of its dimensions. */
function idOf({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}

function together(a: Summary | undefined, b: Summary): Summary {
  return a ? { Sum: a.Sum + b.Sum, Maximum: Math.max(a.Maximum, b.Maximum) } : b;
}

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
 * The data points in a log line; none in a line that does not declare metrics.
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
  // Most lines declare none, and need not be parsed.
  if (!line.includes('"CloudWatchMetrics"')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
