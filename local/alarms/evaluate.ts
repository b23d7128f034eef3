import { type Alarm, comparisons } from './alarm.ts';
import { type MetricStore, minute } from './metrics.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmReport {
  readonly name: string;
  readonly description: string;
  readonly state: AlarmState;
  /** Why, in words. */
  readonly reason: string;
}

export interface EvaluationOptions {
  readonly now: Date;
  /** When the pipeline started. A period that began before it and has no data does not breach. */
  readonly since: Date;
  /** @default INSUFFICIENT_DATA, as a new alarm */
  readonly previous?: AlarmState | undefined;
}

/**
 * CloudWatch reads more periods than it evaluates. It documents 5 for 3, and does not say how the number depends on the
 * length of the period.
 */
const furtherPeriods = 2;

/**
 * What CloudWatch would say of an alarm. Its periods slide: the newest ends with the minute of `now`, which is what
 * alarms without an `EvaluationWindow` do.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluate(alarm: Alarm, store: MetricStore, options: EvaluationOptions): AlarmReport {
  const { name, description, period, evaluationPeriods } = alarm;
  const end = (Math.floor(options.now.getTime() / minute) + 1) * minute;
  const range = Array.from({ length: evaluationPeriods + furtherPeriods }, (_, index) => {
    const from = end - (index + 1) * period;
    return valueIn(alarm, store, from, from + period, options.since);
  });
  const state = stateOf(alarm, range, options.previous ?? 'INSUFFICIENT_DATA');
  return { name, description, state, reason: reasonOf(alarm, range) };
}

/** A period's value; undefined where data is missing, and `before` where none could be. */
type PeriodValue = number | 'before' | undefined;

function valueIn(
  { metrics, expression }: Alarm,
  store: MetricStore,
  from: number,
  until: number,
  since: Date,
): PeriodValue {
  const values = new Map(
    [...metrics].map(([id, metric]) => [id, store.statistic(metric, metric.statistic, from, until)]),
  );
  const all = [...values.values()];
  if (from < since.getTime() && all.every((value) => value === undefined)) return 'before';
  return expression
    ? expression.terms.reduce((sum, { id, fill }) => sum + (values.get(id) ?? fill), 0)
    : all[0];
}

/** @param range the newest first */
function stateOf(alarm: Alarm, range: readonly PeriodValue[], previous: AlarmState): AlarmState {
  const { missingData, evaluationPeriods, datapointsToAlarm } = alarm;
  // Older periods stand in for missing ones. `missingData` decides on those that are still lacking.
  const there = range.filter((value) => value !== undefined).slice(0, evaluationPeriods);
  const lacking = evaluationPeriods - there.length;
  const breaching = there.filter((value) => breaches(alarm, value)).length;

  if (breaching + (missingData === 'breaching' ? lacking : 0) >= datapointsToAlarm) return 'ALARM';
  if (lacking === 0 || missingData === 'breaching' || missingData === 'notBreaching') return 'OK';
  // One that does not breach settles it: `0 - X - -` is OK, though two of three would do.
  if (there.length > breaching) return 'OK';
  if (missingData === 'ignore') return previous;
  if (there.length === 0) return 'INSUFFICIENT_DATA';
  // Data that stopped while it breached, so long ago that it would have been enough.
  const oldest = range.findLastIndex((value) => value !== undefined);
  return oldest + 1 >= datapointsToAlarm ? 'ALARM' : previous;
}

function breaches({ comparison, threshold }: Alarm, value: PeriodValue): boolean {
  return typeof value === 'number' && comparisons[comparison].breaches(value, threshold);
}

/** `Sum of RunsSkipped, newest period first: 1, no data, before the start. Rings at or over 1 in 3 of 3 periods of 1 hour.` */
function reasonOf(alarm: Alarm, range: readonly PeriodValue[]): string {
  const { metrics, expression, evaluationPeriods, datapointsToAlarm, comparison, threshold } = alarm;
  const what =
    expression?.text ?? [...metrics.values()].map(({ statistic, name }) => `${statistic} of ${name}`).join();
  const newest = range.slice(0, evaluationPeriods);
  const periods = newest.includes(undefined) ? range : newest;
  const order = periods.length === 1 ? '' : ', newest period first';
  const values = periods.map((value) => {
    if (value === undefined) return 'no data';
    return value === 'before' ? 'before the start' : value;
  });
  const count = evaluationPeriods === 1 ? '1 period' : `${datapointsToAlarm} of ${evaluationPeriods} periods`;
  const rule = `${comparisons[comparison].words} ${threshold} in ${count} of ${inWords(alarm.period)}`;
  return `${what}${order}: ${values.join(', ')}. Rings ${rule}.`;
}

function inWords(period: number): string {
  const minutes = period / minute;
  const [count, unit] = minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
