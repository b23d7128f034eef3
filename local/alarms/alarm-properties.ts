import { type Alarm, type Comparison, comparisons, type MetricStatistic, type MissingData } from './alarm.ts';
import { Expression } from './expression.ts';
import { statistics } from './metric-store.ts';

interface MetricProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

/** `AWS::CloudWatch::Alarm` as CloudFormation has it, in the form that the CDK writes. */
export interface AlarmProperties extends Partial<MetricProperties> {
  readonly AlarmName: string;
  readonly Statistic?: string;
  /** Seconds */
  readonly Period?: number;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: {
      readonly Metric: MetricProperties;
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: MissingData;
}

/** What an alarm may say that changes nothing here: whom it tells. */
const ignored = [
  'AlarmDescription',
  'ActionsEnabled',
  'AlarmActions',
  'OKActions',
  'InsufficientDataActions',
  'Tags',
];
const known = [
  'AlarmName',
  'Namespace',
  'MetricName',
  'Dimensions',
  'Statistic',
  'Period',
  'Metrics',
  'EvaluationPeriods',
  'DatapointsToAlarm',
  'Threshold',
  'ComparisonOperator',
  'TreatMissingData',
];

/**
 * @param properties as in the template
 * @param resolve works out references; those of whom the alarm tells are not asked for
 * @throws {Error} when the alarm has what is not known here: what it would do could only be guessed
 */
export function parseAlarm(
  properties: Readonly<Record<string, unknown>>,
  resolve: <T>(value: unknown) => T,
): Alarm {
  const unknown = Object.keys(properties).filter((name) => !known.includes(name) && !ignored.includes(name));
  const resolved = resolve<AlarmProperties>(
    Object.fromEntries(Object.entries(properties).filter(([name]) => known.includes(name))),
  );
  const { AlarmName: name, ComparisonOperator: comparison, Metrics } = resolved;
  const fail = (what: string): never => {
    throw new Error(`${name}: the local runtime does not know ${what}.`);
  };
  if (unknown.length > 0) fail(unknown.join(', '));
  if (!isComparison(comparison)) return fail(`the comparison ${comparison}`);

  const queries = Metrics ?? [
    {
      Id: 'metric',
      MetricStat: {
        Metric: {
          Namespace: resolved.Namespace ?? fail('an alarm without a namespace'),
          MetricName: resolved.MetricName ?? fail('an alarm without a metric'),
          Dimensions: resolved.Dimensions ?? [],
        },
        Period: resolved.Period ?? fail('an alarm without a period'),
        Stat: resolved.Statistic ?? fail('an alarm without a statistic'),
      },
    },
  ];
  const stats = queries.flatMap(({ Id, MetricStat }) => (MetricStat ? [{ Id, ...MetricStat }] : []));
  const expressions = queries.flatMap(({ Expression: text }) => (text === undefined ? [] : [text]));
  const periods = [...new Set(stats.map(({ Period }) => Period))];
  const [period = 0] = periods;
  if (periods.length !== 1 || period % 60 !== 0) fail(`periods of ${periods.join(', ')} seconds`);
  if (expressions.length > 1 || (expressions.length === 0 && stats.length > 1)) fail('several expressions');

  const metrics = new Map(
    stats.map(({ Id, Metric, Stat }): [string, MetricStatistic] => [
      Id,
      {
        namespace: Metric.Namespace,
        name: Metric.MetricName,
        dimensions: Object.fromEntries((Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
        statistic: statistics.find((each) => each === Stat) ?? fail(`the statistic ${Stat}`),
      },
    ]),
  );
  const [expression] = expressions;
  return {
    name,
    description: String(properties.AlarmDescription ?? ''),
    metrics,
    expression: expression === undefined ? undefined : new Expression(expression, [...metrics.keys()]),
    period: period * 1000,
    evaluationPeriods: resolved.EvaluationPeriods,
    datapointsToAlarm: resolved.DatapointsToAlarm ?? resolved.EvaluationPeriods,
    threshold: resolved.Threshold,
    comparison,
    missingData: resolved.TreatMissingData ?? 'missing',
  };
}

function isComparison(text: string): text is Comparison {
  return Object.hasOwn(comparisons, text);
}
