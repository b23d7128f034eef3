import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { AlarmWatch, type QueueSample } from '../../local/alarms/watch.ts';
import { References } from '../../local/references.ts';
import {
  type CompactMetric,
  type ConvertMetric,
  type DatasetMetric,
  type FetchMetric,
  metricNamespace,
} from '../../shared/metrics.ts';
import { assemblyTemplate } from '../cdk/template-view.ts';

const stack = assemblyTemplate();
const alarms = stack.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);

const references = new References();
for (const type of ['AWS::Lambda::Function', 'AWS::SQS::Queue'])
  for (const { id } of stack.ofType(type)) references.define(id, { Ref: id, QueueName: id });
for (const name of ['Fetch', 'Convert', 'Compact', 'Reconcile']) {
  const { id } = stack.resource('AWS::Lambda::Function', `${name}/Function`);
  references.define(id, { Ref: `${name.toLowerCase()}-function` });
}
const queue = (path: string) => stack.resource('AWS::SQS::Queue', path);
for (const [path, QueueName] of [
  ['Convert/Queue', 'convert-queue'],
  ['Convert/DeadLetters', 'convert-dead-letters'],
  ['Compact/Queue', 'compact-queue'],
  ['Compact/DeadLetters', 'compact-dead-letters'],
] as const)
  references.define(queue(path).id, { QueueName });

const start = new Date('2026-11-22T05:00:00Z');
const seconds = (count: number) => new Date(start.getTime() + count * 1000);
const minutes = (count: number) => seconds(count * 60);
const hours = (count: number) => minutes(count * 60);
/** When the run of an hour is done. */
const ranAt = (hour: number) => seconds(hour * 3600 + 9);
/** The stack's alarms, with the pipeline started at five o'clock, and its queues. */
class Pipeline {
  readonly watch = new AlarmWatch(alarms, references, { since: start });
  readonly #queues = new Map<string, QueueSample>(
    ['convert-queue', 'convert-dead-letters', 'compact-queue', 'compact-dead-letters'].map((name) => [
      name,
      { name, visible: 0, oldest: undefined },
    ]),
  );

  reports(now: Date) {
    return this.watch.evaluate([...this.#queues.values()], now);
  }

  /** A message since `oldest`, or none. */
  holds(name: string, oldest: Date | undefined): void {
    this.#queues.set(name, { name, visible: oldest ? 1 : 0, oldest });
  }

  ringing(now: Date): string[] {
    const alarming = this.reports(now).filter(({ state }) => state === 'ALARM');
    return alarming.map(({ name }) => name.replace('tdf-weather-dev-', ''));
  }

  /** A run, with the line for all datasets and that for its own. */
  fetched(counted: Counted, at: Date, { stage = 'dev', dataset = 'weatherapi/current' } = {}): void {
    this.watch.onLog(line('fetch', counted, at, { stage }));
    const isLanded = counted.PlacesFetched ? 1 : 0;
    const runs = { RunsLanded: isLanded, RunsSkipped: 1 - isLanded };
    this.watch.onLog(line('fetch', runs, at, { stage, dataset }));
  }

  converted(counted: Counted, at: Date, service: 'convert' | 'compact' = 'convert'): void {
    this.watch.onLog(line(service, counted, at));
  }
}

type Counted = Partial<
  Record<FetchMetric | DatasetMetric | ConvertMetric | CompactMetric, number | number[]>
>;

/** A line as the functions print it. */
function line(
  service: 'fetch' | 'convert' | 'compact',
  counted: Counted,
  at: Date,
  { stage = 'dev', dataset }: { stage?: string; dataset?: string } = {},
): string {
  const metrics = new Metrics({ namespace: metricNamespace(stage), serviceName: service });
  if (dataset !== undefined) metrics.addDimension('dataset', dataset);
  for (const [name, values] of Object.entries(counted))
    for (const value of [values].flat()) metrics.addMetric(name, MetricUnit.Count, value);
  const emf = metrics.serializeMetrics();
  return JSON.stringify({ ...emf, _aws: { ...emf._aws, Timestamp: at.getTime() } });
}

const current = 'weatherapi_current';

/** A run that landed. */
const landed: Counted = {
  PlacesFetched: 2,
  PlacesSkipped: 0,
  PlacesFailed: 0,
  PlacesMissing: 0,
  QuotaSpent: 0,
};
const skipped: Counted = { ...landed, PlacesFetched: 0, PlacesSkipped: 2 };

describe('the alarms of the stack', () => {
  let pipeline: Pipeline;
  beforeEach(() => {
    pipeline = new Pipeline();
  });

  test('are silent after a start and a run that went well', () => {
    pipeline.fetched(landed, seconds(5));
    pipeline.watch.onInvocation('fetch-function', true, seconds(5));
    pipeline.converted({ ObjectsConverted: 1, RowsConverted: 2, FieldsRescued: 0 }, seconds(6));
    pipeline.watch.onInvocation('convert-function', true, seconds(6));
    expect(pipeline.reports(seconds(7)).map(({ name, state }) => [name, state])).toEqual(
      alarms.map(({ AlarmName }) => [AlarmName, 'OK']),
    );
  });

  test('ring each for its own reason [own-reason]', () => {
    const rang = new Set<string>();
    const rings = (expected: string[], now: Date, happen: (fresh: Pipeline) => void) => {
      const fresh = new Pipeline();
      happen(fresh);
      expect(fresh.ringing(now)).toEqual(expected);
      for (const name of expected) rang.add(name);
    };

    for (const [service, folder, retries, dead, failing, tooOld] of [
      ['convert', 'Convert', 'ConvertRetries', 'DeadLetters', 'ConvertFailing', 'QueueTooOld'],
      ['compact', 'Compact', 'CompactRetries', 'CompactDeadLetters', 'CompactFailing', 'CompactQueueTooOld'],
    ] as const) {
      /** Minutes until a message that failed is tried again. */
      const visibility = queue(`${folder}/Queue`).Properties.VisibilityTimeout / 60;
      rings([dead], minutes(1), (now) => now.holds(`${service}-dead-letters`, start));
      // A message that was tried once and waits out its delay and its visibility time-out is not too old.
      const aQuarterAfter = (queue(`${folder}/Queue`).Properties.DelaySeconds ?? 0) / 60 + visibility + 15;
      for (const [expected, after] of [
        [[tooOld], 2],
        [[], 1],
      ] as [string[], number][])
        rings(expected, minutes(aQuarterAfter + after), (now) => now.holds(`${service}-queue`, minutes(2)));
      // A retry once is nobody's business; again after the visibility time-out it is, by whichever count.
      rings([], minutes(29), (now) => now.converted({ [retries]: [1, 1] }, minutes(28), service));
      rings([failing], minutes(2 * visibility + 5), (now) => {
        now.converted({ [retries]: 1 }, minutes(1), service);
        now.watch.onInvocation(`${service}-function`, false, minutes(visibility + 1));
        now.converted({ [retries]: [1, 1] }, minutes(2 * visibility + 1), service);
      });
    }
    rings(['ReconcileFailed'], minutes(1), ({ watch }) =>
      watch.onInvocation('reconcile-function', false, seconds(9)),
    );
    // Lambda tries a run again.
    rings([], minutes(4), (now) => {
      now.watch.onInvocation('fetch-function', false, seconds(9));
      now.watch.onInvocation('fetch-function', true, seconds(70));
      now.fetched(landed, seconds(70));
    });
    rings(['FetchFailed'], minutes(4), ({ watch }) => {
      for (const attempt of [9, 70, 190]) watch.onInvocation('fetch-function', false, seconds(attempt));
      watch.onDropped('fetch-function', seconds(195));
    });
    rings(['FetchFailed'], minutes(1), (now) => now.fetched({ ...landed, PlacesFailed: 1 }, seconds(9)));
    rings(['QuotaSpent'], minutes(1), (now) => now.fetched({ ...skipped, QuotaSpent: 1 }, seconds(9)));
    rings(['SchemaDrift'], minutes(1), (now) => now.converted({ FieldsRescued: [0, 3] }, seconds(9)));
    rings(['ExpectationsFailed'], minutes(1), (now) =>
      now.converted({ ExpectationsFailed: [0, 2] }, seconds(9)),
    );
    rings(['PlacesMissing'], minutes(1), (now) =>
      now.fetched({ ...landed, PlacesSkipped: 1, PlacesMissing: 1 }, seconds(9)),
    );
    rings([`HoursSkipped_${current}`], minutes(121), (now) => {
      for (const hour of [0, 1, 2]) now.fetched(skipped, ranAt(hour));
    });
    rings([], minutes(121), (now) => {
      now.fetched(landed, seconds(9));
      for (const hour of [1, 2]) now.fetched(skipped, ranAt(hour));
    });
    rings([`HoursSkipped_${current}`, `NotFresh_${current}`], minutes(181), (now) => {
      for (const hour of [0, 1, 2, 3]) now.fetched(skipped, ranAt(hour));
    });
    for (const [dataset, freshness] of [
      ['weatherapi/forecast', 6],
      ['weatherapi/history', 24],
    ] as const) {
      const others = ['weatherapi/current', 'weatherapi/forecast', 'weatherapi/history'].filter(
        (name) => name !== dataset,
      );
      rings([`NotFresh_${dataset.replace('/', '_')}`], hours(freshness + 1), (now) => {
        for (const other of others)
          for (let hour = 0; hour <= freshness; hour++) now.fetched(landed, ranAt(hour), { dataset: other });
      });
    }

    expect([...rang].sort()).toEqual(
      alarms.map(({ AlarmName }) => AlarmName.replace('tdf-weather-dev-', '')).sort(),
    );
  });

  test('ring on time when nothing is counted any more: after three hours, and one for late metrics [nothing-lands]', () => {
    for (const hour of [0, 1, 2]) pipeline.fetched(landed, ranAt(hour));
    // The run of eight o'clock does not come.
    expect(pipeline.ringing(minutes(4 * 60 + 119))).toEqual([]);
    expect(pipeline.ringing(hours(6))).toEqual([`NotFresh_${current}`]);
  });

  test('do not ring for a run whose metrics are late [nothing-lands]', () => {
    for (const hour of [0, 3]) pipeline.fetched(landed, ranAt(hour));
    expect(pipeline.ringing(minutes(6 * 60 + 2))).toEqual([]);
  });

  test('do not miss what could not have come yet: freshness counts from the start', () => {
    expect(pipeline.ringing(minutes(1))).toEqual([]);
    expect(pipeline.ringing(minutes(4 * 60 - 2))).toEqual([]);
    expect(pipeline.ringing(hours(4))).toEqual([`NotFresh_${current}`]);
  });

  test('are silent again when it is over', () => {
    pipeline.holds('convert-dead-letters', start);
    expect(pipeline.ringing(minutes(1))).toEqual(['DeadLetters']);
    pipeline.holds('convert-dead-letters', undefined);
    expect(pipeline.ringing(minutes(3))).toEqual(['DeadLetters']);
    expect(pipeline.ringing(minutes(7))).toEqual([]);
  });

  test('do not hear other stages, other functions and other lines', () => {
    pipeline.fetched({ ...landed, PlacesFailed: 1 }, seconds(9), { stage: 'prod' });
    pipeline.converted({ PlacesFailed: 1 }, seconds(9));
    pipeline.watch.onInvocation('another-function', false, seconds(9));
    for (const text of ['', 'Error: PlacesFailed', '{"CloudWatchMetrics"', '{"_aws":{"CloudWatchMetrics"'])
      pipeline.watch.onLog(text);
    expect(pipeline.ringing(minutes(1))).toEqual([]);
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
    pipeline.fetched({ ...landed, PlacesFailed: 1 }, seconds(9));
    const reports = new Map(
      pipeline.reports(minutes(59)).map((report) => [report.name.split('-').at(-1), report]),
    );
    expect(reports.get('FetchFailed')).toMatchObject({
      state: 'ALARM',
      reason: 'FILL(dropped, 0) + FILL(places, 0): 1. Rings at or over 1 in 1 period of 1 hour.',
      description: expect.stringMatching(/^fetch failed on .* npx tdf logs --function fetch --since 2h/),
    });
    expect(reports.get(`NotFresh_${current}`)?.reason).toBe(
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
