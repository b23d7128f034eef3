import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Column,
  Dashboard,
  GraphWidget,
  type HorizontalAnnotation,
  type IMetric,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { datasetMetrics } from '../shared/metrics.ts';
import type { Alarms } from './alarms.ts';
import type { Convert } from './convert.ts';
import type { Fetch } from './fetch.ts';
import { convertMetric, datasetMetric, fetchMetric, reconcileMetric } from './metrics.ts';

export interface FlowDashboardProps {
  readonly stage: string;
  /** The datasets' names. */
  readonly datasets: readonly string[];
  readonly fetch: Fetch;
  readonly convert: Convert;
  readonly alarms: Alarms;
}

/** The flow from left to right on one screen: a column for each station, under the state of all alarms. */
export class FlowDashboard extends Construct {
  constructor(scope: Construct, id: string, { stage, datasets, fetch, convert, alarms }: FlowDashboardProps) {
    super(scope, id);
    const period = Duration.hours(1);
    const column = (title: string, ...graphs: [string, IMetric[], HorizontalAnnotation?][]) =>
      new Column(
        new TextWidget({ markdown: `## ${title}`, width: 6, height: 1 }),
        ...graphs.map(
          ([name, left, annotation]) =>
            new GraphWidget({
              title: name,
              left,
              leftAnnotations: annotation ? [annotation] : [],
              width: 6,
              height: 6,
            }),
        ),
      );

    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `tdf-weather-${stage}`,
      defaultInterval: Duration.days(2),
      periodOverride: PeriodOverride.INHERIT,
    });
    dashboard.addWidgets(
      new AlarmStatusWidget({ alarms: alarms.all, title: 'Alarms', width: 24, height: 3 }),
    );
    dashboard.addWidgets(
      column(
        '1 · fetch',
        [
          'Places',
          (['PlacesFetched', 'PlacesSkipped', 'PlacesFailed', 'PlacesMissing'] as const).map((name) =>
            fetchMetric(name, stage, period),
          ),
        ],
        [
          'Errors and time',
          [fetch.function.metricErrors({ period }), fetch.function.metricDuration({ period })],
        ],
      ),
      column(
        '2 · raw',
        [
          'Runs',
          [
            ...datasets.flatMap((dataset) =>
              datasetMetrics.map((name) => datasetMetric(name, dataset, stage, period)),
            ),
            fetchMetric('QuotaSpent', stage, period),
          ],
          { value: 1, color: Color.ORANGE, label: 'a skipped hour is a warning; three in a row ring' },
        ],
        [
          'Reconciled with curated, daily',
          (['ObjectsMissing', 'ObjectsStale', 'ObjectsDead'] as const).map((name) =>
            reconcileMetric(name, stage, Duration.days(1)),
          ),
        ],
      ),
      column(
        '3 · queue',
        [
          'Waiting and dead',
          [
            convert.queue.metricApproximateNumberOfMessagesVisible({ period, label: 'waiting' }),
            convert.deadLetters.metricApproximateNumberOfMessagesVisible({ period, label: 'dead' }),
          ],
        ],
        ['Age of the oldest', [convert.queue.metricApproximateAgeOfOldestMessage({ period })]],
      ),
      column(
        '4 · convert and curated',
        [
          'Converted',
          (['ObjectsConverted', 'RowsConverted', 'FieldsRescued', 'ExpectationsFailed'] as const).map(
            (name) => convertMetric(name, stage, period),
          ),
        ],
        [
          'Errors, retries and time',
          [
            convert.function.metricErrors({ period }),
            convertMetric('ConvertRetries', stage, period),
            convert.function.metricDuration({ period }),
          ],
        ],
      ),
    );
  }
}
