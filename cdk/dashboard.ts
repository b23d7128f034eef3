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
import type { Compact } from './compact.ts';
import type { Convert } from './convert.ts';
import type { Fetch } from './fetch.ts';
import { compactMetric, convertMetric, datasetMetric, fetchMetric, reconcileMetric } from './metrics.ts';

export interface FlowDashboardProps {
  readonly stage: string;
  /** The datasets' names. */
  readonly datasets: readonly string[];
  readonly fetch: Fetch;
  readonly convert: Convert;
  readonly compact: Compact;
  readonly alarms: Alarms;
}

/** Of the 24 columns of a dashboard. */
const columnWidth = 4;

/** The flow from left to right on one screen: a column for each station, under the state of all alarms. */
export class FlowDashboard extends Construct {
  constructor(scope: Construct, id: string, props: FlowDashboardProps) {
    super(scope, id);
    const { stage, datasets, fetch, convert, compact, alarms } = props;
    const period = Duration.hours(1);
    const column = (title: string, ...graphs: [string, IMetric[], HorizontalAnnotation?][]) =>
      new Column(
        new TextWidget({ markdown: `## ${title}`, width: columnWidth, height: 1 }),
        ...graphs.map(
          ([name, left, annotation]) =>
            new GraphWidget({
              title: name,
              left,
              leftAnnotations: annotation ? [annotation] : [],
              width: columnWidth,
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
          'Reconciled, daily',
          (['ObjectsMissing', 'ObjectsStale', 'ObjectsDead', 'DaysStale'] as const).map((name) =>
            reconcileMetric(name, stage, Duration.days(1)),
          ),
        ],
      ),
      column(
        '3 · queues',
        [
          'Waiting and dead',
          [convert, compact].flatMap(({ queue, deadLetters, node }) => [
            queue.metricApproximateNumberOfMessagesVisible({ period, label: `waiting for ${node.id}` }),
            deadLetters.metricApproximateNumberOfMessagesVisible({ period, label: `${node.id}: dead` }),
          ]),
        ],
        [
          'Age of the oldest',
          [convert, compact].map(({ queue, node }) =>
            queue.metricApproximateAgeOfOldestMessage({ period, label: node.id }),
          ),
        ],
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
      column(
        '5 · compact and tables',
        ['Compacted', [compactMetric('DaysCompacted', stage, period)]],
        [
          'Errors, retries and time',
          [
            compact.function.metricErrors({ period }),
            compactMetric('CompactRetries', stage, period),
            compact.function.metricDuration({ period }),
          ],
        ],
      ),
    );
  }
}
