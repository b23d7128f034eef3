import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type CompactMetric,
  type ConvertMetric,
  type DatasetMetric,
  type FetchMetric,
  metricNamespace,
  type ReconcileMetric,
} from '../shared/metrics.ts';

export function fetchMetric(metricName: FetchMetric, stage: string, period: Duration): Metric {
  return sumOf('fetch', metricName, stage, period);
}

/** Counted by dataset, because alarms ring by dataset. */
export function datasetMetric(
  metricName: DatasetMetric,
  dataset: string,
  stage: string,
  period: Duration,
): Metric {
  return sumOf('fetch', metricName, stage, period, { dataset });
}

export function convertMetric(metricName: ConvertMetric, stage: string, period: Duration): Metric {
  return sumOf('convert', metricName, stage, period);
}

export function compactMetric(metricName: CompactMetric, stage: string, period: Duration): Metric {
  return sumOf('compact', metricName, stage, period);
}

export function reconcileMetric(metricName: ReconcileMetric, stage: string, period: Duration): Metric {
  return sumOf('reconcile', metricName, stage, period);
}

function sumOf(
  service: string,
  metricName: string,
  stage: string,
  period: Duration,
  dimensions: Readonly<Record<string, string>> = {},
): Metric {
  return new Metric({
    namespace: metricNamespace(stage),
    metricName,
    dimensionsMap: { service, ...dimensions },
    statistic: 'Sum',
    period,
  });
}
