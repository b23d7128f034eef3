import type { Alarm } from './alarm.ts';
import { type MetricStore, minute } from './metrics.ts';

export interface AlarmReport {
  readonly name: string;
  readonly description: string;
  readonly state: 'OK' | 'ALARM';
  /** Why, in words. */
  readonly reason: string;
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
 * @param since when the pipeline started: a period that began before and has no data does not breach
 */
export function evaluate(alarm: Alarm, store: MetricStore, now: Date, since: Date): AlarmReport {
  const { name, description, period, evaluationPeriods, datapointsToAlarm, missingData } = alarm;
  const end = (Math.floor(now.getTime() / minute) + 1) * minute;
  const range = Array.from({ length: evaluationPeriods + furtherPeriods }, (_, index) => {
    const from = end - (index + 1) * period;
    return valueIn(alarm, store, from, from + period, since);
  });
  // Older periods stand in for missing ones. Those that are still lacking breach, or not.
  const there = range.filter((value) => value !== undefined).slice(0, evaluationPeriods);
  const lacking = missingData === 'breaching' ? evaluationPeriods - there.length : 0;
  const breaching = there.filter((value) => breaches(alarm, value)).length + lacking;
  const state = breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
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

function breaches({ comparison, threshold }: Alarm, value: PeriodValue): boolean {
  if (typeof value !== 'number') return false;
  return comparison === 'LessThanThreshold' ? value < threshold : value >= threshold;
}

/** Of a range, the newest first: `Sum of RunsSkipped, newest period first: 1, no data, before the start. Rings at or over 1 in 3 of 3 periods of 1 hour.` */
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
  const side = comparison === 'LessThanThreshold' ? 'under' : 'at or over';
  const rule = `${side} ${threshold} in ${count} of ${inWords(alarm.period)}`;
  return `${what}${order}: ${values.join(', ')}. Rings ${rule}.`;
}

function inWords(period: number): string {
  const minutes = period / minute;
  const [count, unit] = minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
