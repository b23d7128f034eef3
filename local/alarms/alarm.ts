import * as v from 'valibot';
import type { References } from '../references.ts';

const metric = {
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []),
};
const statistic = v.picklist(['Sum', 'Maximum']);
/** Seconds */
const period = v.pipe(v.number(), v.multipleOf(60));
const rule = {
  AlarmName: v.string(),
  EvaluationPeriods: v.number(),
  DatapointsToAlarm: v.optional(v.number()),
  Threshold: v.number(),
  ComparisonOperator: v.picklist(['GreaterThanOrEqualToThreshold', 'LessThanThreshold']),
  TreatMissingData: v.picklist(['breaching', 'notBreaching']),
};
const ofMetric = v.pipe(
  v.strictObject({ ...rule, ...metric, Statistic: statistic, Period: period }),
  v.transform(({ Namespace, MetricName, Dimensions, Statistic: Stat, Period, ...others }) => ({
    ...others,
    expression: undefined,
    stats: [{ Id: 'metric', Metric: { Namespace, MetricName, Dimensions }, Stat, Period }],
  })),
);
const ofExpression = v.pipe(
  v.strictObject({
    ...rule,
    Metrics: v.array(
      v.object({
        Id: v.string(),
        Expression: v.optional(v.string()),
        MetricStat: v.optional(v.object({ Metric: v.object(metric), Stat: statistic, Period: period })),
      }),
    ),
  }),
  v.transform(({ Metrics, ...others }) => {
    const stats = Metrics.flatMap(({ Id, MetricStat }) => (MetricStat ? [{ Id, ...MetricStat }] : []));
    const expressions = Metrics.flatMap(({ Expression }) => Expression ?? []);
    return { ...others, stats, expressions };
  }),
  v.check(({ expressions }) => expressions.length === 1, 'Expected one expression'),
  v.check(({ stats }) => new Set(stats.map(({ Period }) => Period)).size === 1, 'Expected one Period'),
  v.transform(({ expressions: [expression], ...others }) => ({ ...others, expression })),
);

/** An alarm of the template, with CloudWatch's defaults. */
export type Alarm = ReturnType<typeof parseAlarm>;

/** @throws {Error} when the alarm has what is not known here: what it would do could only be guessed */
export function parseAlarm(properties: Readonly<Record<string, unknown>>, references: References) {
  // Whom the alarm tells changes nothing here.
  const {
    AlarmDescription,
    ActionsEnabled,
    AlarmActions,
    OKActions,
    InsufficientDataActions,
    Tags,
    ...rest
  } = properties;
  const resolved = references.resolve<object>(rest);
  const parsed = v.safeParse('Metrics' in resolved ? ofExpression : ofMetric, resolved);
  if (!parsed.success) {
    throw new Error(
      `${properties.AlarmName}: the local runtime does not know this kind of alarm.\n${v.summarize(parsed.issues)}`,
    );
  }
  const { stats, expression, ...alarm } = parsed.output;
  const metrics = new Map(
    stats.map(({ Id, Metric: { Namespace, MetricName, Dimensions }, Stat }) => {
      const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
      return [Id, { namespace: Namespace, name: MetricName, dimensions, statistic: Stat }];
    }),
  );
  return {
    name: alarm.AlarmName,
    description: references.resolve<string>(AlarmDescription ?? ''),
    /** By id. Without an expression there is only one. */
    metrics,
    expression: expression === undefined ? undefined : parseExpression(expression, [...metrics.keys()]),
    /** Milliseconds */
    period: (stats[0]?.Period ?? 0) * 1000,
    /** Of so many periods, the newest … */
    evaluationPeriods: alarm.EvaluationPeriods,
    /** … so many have to breach. */
    datapointsToAlarm: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods,
    threshold: alarm.Threshold,
    comparison: alarm.ComparisonOperator,
    missingData: alarm.TreatMissingData,
  };
}

/**
 * A metric-math expression of the one form that the stack uses: `FILL(a, 0) + FILL(b, 0) + …`. `fill` stands in for a
 * period without data.
 * @throws {Error} for any other form, and for an id that the alarm does not define
 */
function parseExpression(text: string, ids: readonly string[]) {
  const terms = text.split('+').map((part) => {
    const [, id, fill] = /^\s*FILL\(\s*([a-z]\w*)\s*,\s*(\d+(?:\.\d+)?)\s*\)\s*$/.exec(part) ?? [];
    if (id === undefined) {
      throw new Error(`The local runtime knows sums of FILL(metric, number), not "${text}".`);
    }
    if (!ids.includes(id)) throw new Error(`"${text}" names ${id}, but the alarm has: ${ids.join(', ')}.`);
    return { id, fill: Number(fill) };
  });
  return { text, terms };
}
