import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type ConvertMetric,
  type FetchMetric,
  metricNamespace,
  type ReconcileMetric,
} from '../shared/metrics.ts';

export function fetchMetric(metricName: FetchMetric, stage: string, period: Duration): Metric {
  return sumOf('fetch', metricName, stage, period);
}

export function convertMetric(metricName: ConvertMetric, stage: string, period: Duration): Metric {
  return sumOf('convert', metricName, stage, period);
}

export function reconcileMetric(metricName: ReconcileMetric, stage: string, period: Duration): Metric {
  return sumOf('reconcile', metricName, stage, period);
}

function sumOf(service: string, metricName: string, stage: string, period: Duration): Metric {
  return new Metric({
    namespace: metricNamespace(stage),
    metricName,
    dimensionsMap: { service },
    statistic: 'Sum',
    period,
  });
}
