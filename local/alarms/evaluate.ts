import { type Alarm, comparisons } from './alarm.ts';
import { type MetricStore, minute } from './metric-store.ts';

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
  /** When the pipeline started: a period that began before and has no data does not breach, since none could come. */
  readonly since: Date;
  /** @default INSUFFICIENT_DATA, as a new alarm */
  readonly previous?: AlarmState | undefined;
}

/**
 * What CloudWatch would say of an alarm. Its periods slide: the newest ends with the minute of `now`, which is what
 * alarms without an `EvaluationWindow` do. CloudWatch also looks at some more periods, of undocumented number, when
 * data is missing; here exactly the evaluation periods count.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluate(alarm: Alarm, store: MetricStore, options: EvaluationOptions): AlarmReport {
  const { name, description, period, evaluationPeriods } = alarm;
  const end = (Math.floor(options.now.getTime() / minute) + 1) * minute;
  const periods = Array.from({ length: evaluationPeriods }, (_, index) => {
    const from = end - (index + 1) * period;
    const value = valueIn(alarm, store, from, from + period);
    return value ?? (from < options.since.getTime() ? 'before' : undefined);
  });
  const state = stateOf(alarm, periods, options.previous ?? 'INSUFFICIENT_DATA');
  return { name, description, state, reason: reasonOf(alarm, periods) };
}

/** A period's value; undefined where data is missing, and `before` where none could be. */
type PeriodValue = number | 'before' | undefined;

function valueIn({ metrics, expression }: Alarm, store: MetricStore, from: number, until: number) {
  const values = new Map(
    [...metrics].map(([id, metric]) => [id, store.statistic(metric, metric.statistic, from, until)]),
  );
  return expression ? expression.evaluate((id) => values.get(id)) : [...values.values()][0];
}

/** @param periods the newest first */
function stateOf(alarm: Alarm, periods: readonly PeriodValue[], previous: AlarmState): AlarmState {
  const { missingData, datapointsToAlarm } = alarm;
  const count = (counted: (value: PeriodValue) => boolean) => periods.filter(counted).length;
  const breaching = count((value) => breaches(alarm, value));
  const missing = count((value) => value === undefined);

  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (missingData === 'breaching') return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (missingData === 'notBreaching') return 'OK';
  if (breaching + missing < datapointsToAlarm) return 'OK';
  // What is missing could decide either way.
  if (missingData === 'ignore') return previous;
  if (missing === periods.length) return 'INSUFFICIENT_DATA';
  const oldest = periods.findLastIndex((value) => breaches(alarm, value));
  const sinceThen = periods.slice(0, oldest + 1);
  return oldest + 1 >= datapointsToAlarm &&
    sinceThen.every((value) => value === undefined || breaches(alarm, value))
    ? 'ALARM'
    : previous;
}

function breaches({ comparison, threshold }: Alarm, value: PeriodValue): boolean {
  return typeof value === 'number' && comparisons[comparison].breaches(value, threshold);
}

/** `Sum of RunsSkipped, newest period first: 1, no data, before the start. Rings at or over 1 in 3 of 3 periods of 1 hour.` */
function reasonOf(alarm: Alarm, periods: readonly PeriodValue[]): string {
  const { metrics, expression, evaluationPeriods, datapointsToAlarm, comparison, threshold, missingData } =
    alarm;
  const what =
    expression?.text ?? [...metrics.values()].map(({ statistic, name }) => `${statistic} of ${name}`).join();
  const order = evaluationPeriods === 1 ? '' : ', newest period first';
  const values = periods.map((value) => {
    if (value === undefined) return missingData === 'breaching' ? 'no data, which counts' : 'no data';
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
