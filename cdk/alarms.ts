import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmPrefix } from '../shared/alarm-name.ts';
import type { Dataset } from '../shared/dataset.ts';
import type { Compact } from './compact.ts';
import type { Convert } from './convert.ts';
import type { DataStage } from './data-stage.ts';
import type { Fetch } from './fetch.ts';
import { compactMetric, convertMetric, datasetMetric, fetchMetric } from './metrics.ts';
import type { Reconcile } from './reconcile.ts';

export interface AlarmsProps {
  readonly stage: string;
  readonly fetch: Fetch;
  readonly convert: Convert;
  readonly compact: Compact;
  readonly reconcile: Reconcile;
  readonly topic: Topic;
  readonly datasets: readonly WatchedDataset[];
}

export interface WatchedDataset extends Pick<Dataset, 'name' | 'identity'> {
  /** Hours between two of its runs, at most. */
  readonly longestGap: number;
  /** Hours in which nothing landed until the alarm rings; undefined where CloudWatch cannot watch so long. */
  readonly freshnessHours: number | undefined;
}

const hour = Duration.hours(1);
const fiveMinutes = Duration.minutes(5);

/** Each alarm's description says what happened and what to type next. */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    const { stage, fetch, convert, compact, reconcile, datasets } = props;
    const tdf = (command: string) => `npx tdf ${command} --stage ${stage}`;
    const redrive = `${tdf('dead-letters')} and, once fixed, ${tdf('dead-letters redrive')}`;

    this.#watch(convert, {
      ids: ['DeadLetters', 'ConvertFailing', 'QueueTooOld'],
      name: 'convert',
      retries: (period) => convertMetric('ConvertRetries', stage, period),
      dead: `Raw objects could not be converted; they wait, with their reasons. Next: ${redrive}`,
      waiting: 'A raw object has waited for conversion',
      tdf,
    });
    this.#watch(compact, {
      ids: ['CompactDeadLetters', 'CompactFailing', 'CompactQueueTooOld'],
      name: 'compact',
      retries: (period) => compactMetric('CompactRetries', stage, period),
      dead: `Days of tables could not be compacted, and lack their newest rows; nothing is lost. Next: ${redrive}`,
      waiting: 'A day of a table has waited to be compacted',
      tdf,
    });
    this.#add('FetchFailed', {
      metric: new MathExpression({
        expression: 'FILL(dropped, 0) + FILL(places, 0)',
        usingMetrics: {
          // Not its errors: Lambda tries an attempt that fails again, and drops the event when every attempt has failed.
          dropped: fetch.function.metric('AsyncEventsDropped', { period: hour, statistic: 'Sum' }),
          places: fetchMetric('PlacesFailed', stage, hour),
        },
        period: hour,
        label: 'Runs given up and places failed',
      }),
      description: `fetch failed on its configuration, its key or a place; what could be fetched has landed. Next: ${tdf('logs --function fetch --since 2h --level error')}; a new key: ${tdf('set-key')}`,
    });
    this.#add('PlacesMissing', {
      metric: fetchMetric('PlacesMissing', stage, hour),
      description: `A place had no data three runs in a row, though others landed. Next: ${tdf('status')}, which has the reason`,
    });
    for (const { name, identity, longestGap, freshnessHours } of datasets) {
      // No hyphen: `status` takes an alarm with one for another stage's.
      const own = name.replaceAll(/\W/g, '_');
      // With less than one run per hour there are never three in a row: then NotFresh rings.
      if (longestGap <= 1) {
        this.#add(`HoursSkipped_${own}`, {
          metric: datasetMetric('RunsSkipped', name, stage, hour),
          evaluationPeriods: 3,
          description: `Three hours of ${name} in a row were skipped: WeatherAPI does not answer. Next: ${tdf('status')} and https://www.weatherapi.com/ for an outage`,
        });
      }
      if (freshnessHours === undefined) continue;
      const backfill =
        identity === 'place-and-day'
          ? `; the days that it lacks: ${tdf(`backfill --dataset ${name} --from DAY --to DAY`)}`
          : '';
      this.#add(`NotFresh_${own}`, {
        metric: new MathExpression({
          // Without FILL, CloudWatch would look at older periods when data is missing.
          expression: 'FILL(landed, 0)',
          usingMetrics: { landed: datasetMetric('RunsLanded', name, stage, hour) },
          period: hour,
          label: 'Runs landed',
        }),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        // One more, since metrics of the newest hour may be late.
        evaluationPeriods: freshnessHours + 1,
        missing: TreatMissingData.BREACHING,
        description: `Nothing of ${name} landed in raw for ${freshnessHours} hours, and for one more in which metrics could be late. Next: ${tdf('status')}${backfill}; then see whether the schedule is enabled: aws scheduler list-schedules`,
      });
    }
    this.#add('SchemaDrift', {
      metric: convertMetric('FieldsRescued', stage, hour),
      description: `WeatherAPI sent fields that no column holds; they are kept in "rescued". Next: ${tdf('drift')}, which prints the lines to declare them with`,
    });
    this.#add('ExpectationsFailed', {
      metric: convertMetric('ExpectationsFailed', stage, hour),
      description: `WeatherAPI sent values that their columns do not expect, such as a humidity over 100 %; the rows are kept. Next: ${tdf('logs --function convert --since 2h --level warn')}, which names columns and examples; if the values are right, change "expect" in shared/datasets/ and deploy`,
    });
    this.#add('ReconcileFailed', {
      metric: reconcile.function.metricErrors({ period: hour }),
      description: `The daily search for what was not converted or not compacted has failed. Next: ${tdf('reconcile')}, which does the same; ${tdf('logs --function reconcile --since 1d')}`,
    });
    this.#add('QuotaSpent', {
      metric: fetchMetric('QuotaSpent', stage, hour),
      description: `This month's calls to WeatherAPI are used up; hours are skipped until the month ends. Next: configure fewer locations, or choose a larger plan at https://www.weatherapi.com/my/`,
    });
  }

  /** Of a queue and its function: dead letters, failures that last, and messages that wait for too long. */
  #watch(
    stage: DataStage,
    {
      name,
      ids: [dead, failing, tooOld],
      ...about
    }: {
      readonly name: string;
      readonly ids: readonly [dead: string, failing: string, tooOld: string];
      readonly retries: (period: Duration) => IMetric;
      readonly dead: string;
      readonly waiting: string;
      readonly tdf: (command: string) => string;
    },
  ): void {
    // A message that keeps failing shows once per visibility time-out, and so in each of these periods.
    const slack = Duration.minutes(15);
    const period = stage.visibilityTimeout.plus(slack);
    const age = stage.ageAtSecondTry.plus(slack);
    const queueMetric = { period: fiveMinutes, statistic: 'Maximum' };
    this.#add(dead, {
      metric: stage.deadLetters.metricApproximateNumberOfMessagesVisible(queueMetric),
      description: about.dead,
    });
    this.#add(failing, {
      metric: new MathExpression({
        expression: 'FILL(errors, 0) + FILL(retries, 0)',
        usingMetrics: { errors: stage.function.metricErrors({ period }), retries: about.retries(period) },
        period,
        label: 'Errors and retries',
      }),
      // One throttled request is tried again and forgotten; trouble that lasts shows twice.
      evaluationPeriods: 2,
      description: `${name} fails or retries for ${2 * period.toMinutes()} minutes; nothing is lost yet. Next: ${about.tdf(`logs --function ${name} --since ${2 * period.toMinutes()}m --level warn`)}`,
    });
    this.#add(tooOld, {
      metric: stage.queue.metricApproximateAgeOfOldestMessage(queueMetric),
      threshold: age.toSeconds(),
      description: `${about.waiting} for more than ${Math.floor(age.toMinutes({ integral: false }))} minutes, longer than one failed try takes: ${name} is throttled, failing or overloaded. Next: ${about.tdf('status')}`,
    });
  }

  #add(
    id: string,
    alarm: {
      readonly metric: IMetric;
      readonly description: string;
      /** @default 1 */
      readonly threshold?: number;
      /** @default 1 */
      readonly evaluationPeriods?: number;
      /** @default the metric is at or over the threshold */
      readonly comparison?: ComparisonOperator;
      /** @default missing data is fine: nothing happened */
      readonly missing?: TreatMissingData;
    },
  ): void {
    const action = new SnsAction(this.#props.topic);
    const added = new Alarm(this, id, {
      alarmName: `${alarmPrefix(this.#props.stage)}${id}`,
      alarmDescription: alarm.description,
      metric: alarm.metric,
      threshold: alarm.threshold ?? 1,
      evaluationPeriods: alarm.evaluationPeriods ?? 1,
      comparisonOperator: alarm.comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: alarm.missing ?? TreatMissingData.NOT_BREACHING,
    });
    added.addAlarmAction(action);
    added.addOkAction(action);
    this.all.push(added);
  }
}
