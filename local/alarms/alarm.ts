import type { Expression } from './expression.ts';
import type { Metric } from './metric.ts';
import type { Statistic } from './metric-store.ts';

/** A metric and how the values of a period become one. */
export interface MetricStatistic extends Metric {
  readonly statistic: Statistic;
}

export type MissingData = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

/** An alarm of the template, with CloudWatch's defaults. */
export interface Alarm {
  readonly name: string;
  readonly description: string;
  /** By id; one without an expression is the only one. */
  readonly metrics: ReadonlyMap<string, MetricStatistic>;
  readonly expression: Expression | undefined;
  /** Milliseconds. */
  readonly period: number;
  /** Of so many periods, the newest … */
  readonly evaluationPeriods: number;
  /** … so many have to breach. */
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly missingData: MissingData;
}

/** Each comparison in words, and as it decides. */
export const comparisons = {
  GreaterThanThreshold: { words: 'over', breaches: (value: number, threshold: number) => value > threshold },
  GreaterThanOrEqualToThreshold: {
    words: 'at or over',
    breaches: (value: number, threshold: number) => value >= threshold,
  },
  LessThanThreshold: { words: 'under', breaches: (value: number, threshold: number) => value < threshold },
  LessThanOrEqualToThreshold: {
    words: 'at or under',
    breaches: (value: number, threshold: number) => value <= threshold,
  },
} as const;
export type Comparison = keyof typeof comparisons;
