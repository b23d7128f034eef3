import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { describe, expect, test } from '@jest/globals';
import { AlarmWatch, type QueueSample } from '../../local/alarms/watch.ts';
import { References } from '../../local/references.ts';
import { type ConvertMetric, type FetchMetric, metricNamespace } from '../../shared/metrics.ts';
import { assemblyTemplate } from '../cdk/template-view.ts';

const stack = assemblyTemplate();
const alarms = stack.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);

const references = new References();
for (const type of ['AWS::Lambda::Function', 'AWS::SQS::Queue'])
  for (const { id } of stack.ofType(type)) references.define(id, { Ref: id, QueueName: id });
for (const [path, name] of [
  ['Fetch/Function', 'fetch-function'],
  ['Convert/Function', 'convert-function'],
  ['Reconcile/Function', 'reconcile-function'],
] as const)
  references.define(stack.resource('AWS::Lambda::Function', path).id, { Ref: name });
for (const [path, name] of [
  ['Convert/Queue', 'convert-queue'],
  ['Convert/DeadLetters', 'convert-dead-letters'],
] as const)
  references.define(stack.resource('AWS::SQS::Queue', path).id, { QueueName: name });

const start = new Date('2026-11-22T05:00:00Z');
const seconds = (count: number) => new Date(start.getTime() + count * 1000);
const minutes = (count: number) => seconds(count * 60);
const hours = (count: number) => minutes(count * 60);
/** When the run of an hour is done. */
const ranAt = (hour: number) => seconds(hour * 3600 + 9);
/** Minutes until a message that failed is tried again. */
const visibility = stack.resource('AWS::SQS::Queue', 'Convert/Queue').Properties.VisibilityTimeout / 60;

/** The stack's alarms, with the pipeline started at five o'clock, and its queues. */
function watched(): { watch: AlarmWatch; queues: { main: QueueSample; dead: QueueSample } } {
  const queues = {
    main: { name: 'convert-queue', visible: 0, oldest: undefined } as QueueSample,
    dead: { name: 'convert-dead-letters', visible: 0, oldest: undefined } as QueueSample,
  };
  return { watch: new AlarmWatch(alarms, references, { since: start }), queues };
}

type Counted = Partial<Record<FetchMetric | ConvertMetric, number | number[]>>;

/** A line as the functions print it. */
function line(service: 'fetch' | 'convert', counted: Counted, at: Date, stage = 'dev'): string {
  const metrics = new Metrics({ namespace: metricNamespace(stage), serviceName: service });
  for (const [name, values] of Object.entries(counted))
    for (const value of [values].flat()) metrics.addMetric(name, MetricUnit.Count, value);
  const emf = metrics.serializeMetrics();
  return JSON.stringify({ ...emf, _aws: { ...emf._aws, Timestamp: at.getTime() } });
}

/** A run that landed. */
const landed: Counted = {
  PlacesFetched: 2,
  PlacesSkipped: 0,
  PlacesFailed: 0,
  PlacesMissing: 0,
  RunsLanded: 1,
  RunsSkipped: 0,
  QuotaSpent: 0,
};
const skipped: Counted = { ...landed, PlacesFetched: 0, PlacesSkipped: 2, RunsLanded: 0, RunsSkipped: 1 };

const ringing = ({ watch, queues }: ReturnType<typeof watched>, now: Date): string[] =>
  watch
    .evaluate(Object.values(queues), now)
    .filter(({ state }) => state === 'ALARM')
    .map(({ name }) => name.replace('tdf-weather-dev-', ''));

describe('the alarms of the stack', () => {
  test('are silent after a start and a run that went well', () => {
    const pipeline = watched();
    const { watch } = pipeline;
    watch.onLog(line('fetch', landed, seconds(5)));
    watch.onInvocation('fetch-function', true, seconds(5));
    watch.onLog(
      line(
        'convert',
        { MessagesReceived: 1, ObjectsConverted: 1, RowsConverted: 2, FieldsRescued: 0 },
        seconds(6),
      ),
    );
    watch.onInvocation('convert-function', true, seconds(6));

    const reports = watch.evaluate(Object.values(pipeline.queues), seconds(7));
    expect(reports.map(({ name, state }) => [name, state])).toEqual(
      alarms.map(({ AlarmName }) => [AlarmName, 'OK']),
    );
  });

  test('ring each for its own reason [own-reason]', () => {
    const rang = new Set<string>();
    const rings = (expected: string[], now: Date, happen: (watched_: ReturnType<typeof watched>) => void) => {
      const pipeline = watched();
      happen(pipeline);
      expect(ringing(pipeline, now)).toEqual(expected);
      for (const name of expected) rang.add(name);
    };

    rings(['DeadLetters'], minutes(1), ({ queues }) => {
      queues.dead = { ...queues.dead, visible: 1, oldest: start };
    });
    // A message that was tried once and waits out its visibility time-out is not too old.
    const aQuarterAfter = visibility + 15;
    rings(['QueueTooOld'], minutes(aQuarterAfter + 2), ({ queues }) => {
      queues.main = { ...queues.main, visible: 1, oldest: minutes(2) };
    });
    rings([], minutes(aQuarterAfter + 1), ({ queues }) => {
      queues.main = { ...queues.main, visible: 1, oldest: minutes(2) };
    });
    // A retry once is nobody's business; again after the visibility time-out it is, by whichever count.
    rings([], minutes(29), ({ watch }) => {
      watch.onLog(line('convert', { ConvertRetries: [1, 1] }, minutes(28)));
    });
    rings(['ConvertFailing'], minutes(2 * visibility + 5), ({ watch }) => {
      watch.onLog(line('convert', { ConvertRetries: 1 }, minutes(1)));
      watch.onInvocation('convert-function', false, minutes(visibility + 1));
      watch.onLog(line('convert', { ConvertRetries: [1, 1] }, minutes(2 * visibility + 1)));
    });
    rings(['ReconcileFailed'], minutes(1), ({ watch }) =>
      watch.onInvocation('reconcile-function', false, seconds(9)),
    );
    // Lambda tries a run again.
    rings([], minutes(4), ({ watch }) => {
      watch.onInvocation('fetch-function', false, seconds(9));
      watch.onInvocation('fetch-function', true, seconds(70));
      watch.onLog(line('fetch', landed, seconds(70)));
    });
    rings(['FetchFailed'], minutes(4), ({ watch }) => {
      for (const attempt of [9, 70, 190]) watch.onInvocation('fetch-function', false, seconds(attempt));
      watch.onDropped('fetch-function', seconds(195));
    });
    rings(['FetchFailed'], minutes(1), ({ watch }) => {
      watch.onLog(line('fetch', { ...landed, PlacesFailed: 1 }, seconds(9)));
    });
    rings(['QuotaSpent'], minutes(1), ({ watch }) => {
      watch.onLog(line('fetch', { ...skipped, QuotaSpent: 1 }, seconds(9)));
    });
    rings(['SchemaDrift'], minutes(1), ({ watch }) => {
      watch.onLog(line('convert', { FieldsRescued: [0, 3] }, seconds(9)));
    });
    rings(['PlacesMissing'], minutes(1), ({ watch }) => {
      watch.onLog(line('fetch', { ...landed, PlacesSkipped: 1, PlacesMissing: 1 }, seconds(9)));
    });
    rings(['HoursSkipped'], minutes(121), ({ watch }) => {
      for (const hour of [0, 1, 2]) watch.onLog(line('fetch', skipped, ranAt(hour)));
    });
    rings([], minutes(121), ({ watch }) => {
      watch.onLog(line('fetch', landed, seconds(9)));
      for (const hour of [1, 2]) watch.onLog(line('fetch', skipped, ranAt(hour)));
    });
    rings(['HoursSkipped', 'NotFresh'], minutes(181), ({ watch }) => {
      for (const hour of [0, 1, 2, 3]) watch.onLog(line('fetch', skipped, ranAt(hour)));
    });

    expect([...rang].sort()).toEqual(
      alarms.map(({ AlarmName }) => AlarmName.replace('tdf-weather-dev-', '')).sort(),
    );
  });

  test('ring on time when nothing is counted any more: after three hours, and one for late metrics [nothing-lands]', () => {
    const pipeline = watched();
    const { watch } = pipeline;
    for (const hour of [0, 1, 2]) watch.onLog(line('fetch', landed, ranAt(hour)));
    // The run of eight o'clock does not come.
    expect(ringing(pipeline, minutes(4 * 60 + 119))).toEqual([]);
    expect(ringing(pipeline, hours(6))).toEqual(['NotFresh']);
  });

  test('do not ring for a run whose metrics are late [nothing-lands]', () => {
    const pipeline = watched();
    const { watch } = pipeline;
    for (const hour of [0, 3]) watch.onLog(line('fetch', landed, ranAt(hour)));
    expect(ringing(pipeline, minutes(6 * 60 + 2))).toEqual([]);
  });

  test('do not miss what could not have come yet: freshness counts from the start', () => {
    const pipeline = watched();
    expect(ringing(pipeline, minutes(1))).toEqual([]);
    expect(ringing(pipeline, minutes(4 * 60 - 2))).toEqual([]);
    expect(ringing(pipeline, hours(4))).toEqual(['NotFresh']);
  });

  test('are silent again when it is over', () => {
    const pipeline = watched();
    const { queues } = pipeline;
    queues.dead = { ...queues.dead, visible: 2, oldest: start };
    expect(ringing(pipeline, minutes(1))).toEqual(['DeadLetters']);
    queues.dead = { ...queues.dead, visible: 0, oldest: undefined };
    expect(ringing(pipeline, minutes(3))).toEqual(['DeadLetters']);
    expect(ringing(pipeline, minutes(7))).toEqual([]);
  });

  test('do not hear other stages, other functions and other lines', () => {
    const pipeline = watched();
    const { watch } = pipeline;
    watch.onLog(line('fetch', { ...landed, PlacesFailed: 1 }, seconds(9), 'prod'));
    watch.onLog(line('convert', { PlacesFailed: 1 }, seconds(9)));
    watch.onInvocation('another-function', false, seconds(9));
    for (const text of [
      '',
      'Error: PlacesFailed',
      '{"level":"ERROR"}',
      '{"CloudWatchMetrics"',
      '{"_aws":{"CloudWatchMetrics"',
    ])
      watch.onLog(text);
    expect(ringing(pipeline, minutes(1))).toEqual([]);
  });

  test('say the same of the lines that were kept as of what was counted', () => {
    const kept: string[] = [];
    const record = (name: string, counted: string) => {
      expect(name).toBe('fetch-function');
      kept.push(counted);
    };
    const watch = new AlarmWatch(alarms, references, { since: start, record });
    watch.onInvocation('fetch-function', true, seconds(9));
    watch.onInvocation('fetch-function', false, seconds(70));
    watch.onDropped('fetch-function', seconds(195));
    const later = new AlarmWatch(alarms, references, { since: start });
    for (const counted of kept) later.onLog(counted);
    expect(later.evaluate([], minutes(4))).toEqual(watch.evaluate([], minutes(4)));
    const ringing = later.evaluate([], minutes(4)).filter(({ state }) => state === 'ALARM');
    expect(ringing.map(({ name }) => name)).toEqual(['tdf-weather-dev-FetchFailed']);
  });

  test('say why, and what to do', () => {
    const pipeline = watched();
    const { watch } = pipeline;
    watch.onLog(line('fetch', { ...landed, PlacesFailed: 1 }, seconds(9)));
    const reports = new Map(
      watch
        .evaluate(Object.values(pipeline.queues), minutes(59))
        .map((report) => [report.name.split('-').at(-1), report]),
    );

    expect(reports.get('FetchFailed')).toMatchObject({
      state: 'ALARM',
      reason: 'FILL(dropped, 0) + FILL(places, 0): 1. Rings at or over 1 in 1 period of 1 hour.',
      description: expect.stringMatching(/^fetch failed on .* npx tdf logs --function fetch --since 2h/),
    });
    expect(reports.get('NotFresh')?.reason).toBe(
      'FILL(landed, 0), newest period first: 1, before the start, before the start, before the start. Rings under 1 in 4 of 4 periods of 1 hour.',
    );
    expect(reports.get('SchemaDrift')?.reason).toBe(
      'Sum of FieldsRescued, newest period first: no data, before the start, before the start. Rings at or over 1 in 1 period of 1 hour.',
    );
  });

  test('are refused when they have what cannot be evaluated here', () => {
    const [deadLetters, failing] = alarms;
    const watchOf = (alarm: object) => () =>
      new AlarmWatch([{ ...alarm } as Record<string, unknown>], references);

    expect(watchOf({ ...deadLetters, EvaluationWindow: {} })).toThrow(
      /DeadLetters: the local runtime does not know this kind of alarm.*"EvaluationWindow"/s,
    );
    expect(watchOf({ ...deadLetters, Statistic: 'p99' })).toThrow(/p99.*Statistic/s);
    expect(watchOf({ ...deadLetters, Period: 10 })).toThrow(/received 10.*Period/s);
    expect(watchOf({ ...deadLetters, ComparisonOperator: 'LessThanLowerThreshold' })).toThrow(
      'ComparisonOperator',
    );
    expect(watchOf({ ...failing, Metrics: failing.Metrics.slice(1) })).toThrow('Expected one expression');
    const [{ Expression: _, ...rest }, ...metrics] = failing.Metrics;
    expect(
      watchOf({ ...failing, Metrics: [{ ...rest, Expression: 'errors / retries' }, ...metrics] }),
    ).toThrow('knows sums of FILL(metric, number), not "errors / retries"');
    expect(watchOf({ ...failing, Metrics: [{ ...rest, Expression: 'FILL(other, 0)' }, ...metrics] })).toThrow(
      '"FILL(other, 0)" names other, but the alarm has: errors, retries.',
    );
  });
});
