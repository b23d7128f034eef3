import { type DataPoint, type Metric, metricId } from './metric.ts';

export const statistics = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'] as const;
export type Statistic = (typeof statistics)[number];

interface Summary {
  sum: number;
  minimum: number;
  maximum: number;
  count: number;
}

/** CloudWatch's standard resolution: values of one minute are kept as their summary. */
export const minute = 60_000;

/** What was counted so far, in minutes: as much as an alarm can ask for, and no more with more load. */
export class MetricStore {
  /** metric -> start of the minute -> its values */
  readonly #metrics = new Map<string, Map<number, Summary>>();

  add(point: DataPoint): void {
    const id = metricId(point);
    const minutes = this.#metrics.get(id) ?? new Map<number, Summary>();
    this.#metrics.set(id, minutes);
    const start = Math.floor(point.timestamp / minute) * minute;
    for (const value of point.values) {
      const { sum, minimum, maximum, count } = minutes.get(start) ?? nothing;
      minutes.set(start, {
        sum: sum + value,
        minimum: Math.min(minimum, value),
        maximum: Math.max(maximum, value),
        count: count + 1,
      });
    }
  }

  /** A metric's statistic from one full minute until another; undefined when there is no data point. */
  statistic(metric: Metric, statistic: Statistic, from: number, until: number): number | undefined {
    const all = { ...nothing };
    for (const [start, { sum, minimum, maximum, count }] of this.#metrics.get(metricId(metric)) ?? []) {
      if (start < from || start >= until) continue;
      all.sum += sum;
      all.minimum = Math.min(all.minimum, minimum);
      all.maximum = Math.max(all.maximum, maximum);
      all.count += count;
    }
    if (all.count === 0) return undefined;
    switch (statistic) {
      case 'Sum':
        return all.sum;
      case 'Average':
        return all.sum / all.count;
      case 'Minimum':
        return all.minimum;
      case 'Maximum':
        return all.maximum;
      case 'SampleCount':
        return all.count;
    }
  }
}

const nothing: Readonly<Summary> = {
  sum: 0,
  minimum: Number.POSITIVE_INFINITY,
  maximum: Number.NEGATIVE_INFINITY,
  count: 0,
};
