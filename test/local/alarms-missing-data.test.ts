import { describe, expect, test } from '@jest/globals';
import { type Alarm, type Comparison, parseAlarm } from '../../local/alarms/alarm.ts';
import { type AlarmState, evaluate } from '../../local/alarms/evaluate.ts';
import { MetricStore, type Statistic } from '../../local/alarms/metrics.ts';
import { References } from '../../local/references.ts';

const minute = 60_000;
const now = new Date('2026-11-22T05:10:30Z');
const metric = { namespace: 'Test', name: 'Count', dimensions: { b: '2', a: '1' } };

interface Rule {
  /** The oldest first, each of a minute: X breaches, 0 does not, - is missing. */
  readonly data: string;
  readonly missing?: Alarm['missingData'];
  /** Of the three periods that are evaluated, so many have to breach. */
  readonly of?: number;
  readonly previous?: AlarmState;
}

/** The state of an alarm over three minutes. */
function stateOf({ data, missing, of = 3, previous }: Rule): AlarmState {
  const store = new MetricStore();
  for (const [age, mark] of [...data.replaceAll(' ', '')].reverse().entries()) {
    const timestamp = now.getTime() - age * minute;
    if (mark !== '-') store.add({ ...metric, values: [mark === 'X' ? 5 : 0], timestamp });
  }
  const alarm = parsed({ EvaluationPeriods: 3, DatapointsToAlarm: of, TreatMissingData: missing });
  return evaluate(alarm, store, { now, since: new Date(0), previous }).state;
}

function parsed(properties: object) {
  return parseAlarm(
    {
      AlarmName: 'test',
      Namespace: 'Test',
      MetricName: 'Count',
      Dimensions: [
        { Name: 'a', Value: '1' },
        { Name: 'b', Value: '2' },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      ...Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)),
    },
    new References(),
  );
}

describe('missing data', () => {
  /** As missing, ignored, breaching and not breaching. */
  const states = (rule: Omit<Rule, 'missing'>) =>
    (['missing', 'ignore', 'breaching', 'notBreaching'] as const)
      .map((missing) => stateOf({ ...rule, missing }))
      .join(' ');

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html; the alarm was OK.
  test.each([
    ['0 - X - X', 3, 'OK OK OK OK'],
    ['0 - - - -', 3, 'OK OK OK OK'],
    ['- - - - -', 3, 'INSUFFICIENT_DATA OK ALARM OK'],
    ['0 X X - X', 3, 'ALARM ALARM ALARM ALARM'],
    ['- - X - -', 3, 'ALARM OK ALARM OK'],
    ['0 - X - X', 2, 'ALARM ALARM ALARM ALARM'],
    ['0 0 X 0 X', 2, 'ALARM ALARM ALARM ALARM'],
    ['0 - X - -', 2, 'OK OK ALARM OK'],
    ['- - - - 0', 2, 'OK OK ALARM OK'],
    ['- - - X -', 2, 'ALARM OK ALARM OK'],
    // Too early, as the next one may be fine.
    ['- - - - X', 3, 'OK OK ALARM OK'],
    ['- - - X -', 3, 'OK OK ALARM OK'],
  ])('%s with %i of 3 to alarm is what the documentation says [missing-data]', (data, of, expected) => {
    expect(states({ data, of, previous: 'OK' })).toBe(expected);
  });

  test('that is ignored leaves the alarm as it was', () => {
    for (const data of ['- - - - -', '- - X - -'])
      expect(stateOf({ data, missing: 'ignore', previous: 'ALARM' })).toBe('ALARM');
  });

  test('makes no difference where there is none', () => {
    expect(states({ data: 'XXX' })).toBe('ALARM ALARM ALARM ALARM');
    expect(states({ data: '0X0X' })).toBe('OK OK OK OK');
    expect(states({ data: '00X', of: 2 })).toBe('OK OK OK OK');
  });

  test('lets older data count, two periods further back and no more', () => {
    expect(stateOf({ data: 'XXX--', missing: 'notBreaching' })).toBe('ALARM');
    expect(stateOf({ data: 'XXX---', missing: 'notBreaching' })).toBe('OK');
    expect(stateOf({ data: '0----', missing: 'breaching' })).toBe('OK');
    expect(stateOf({ data: '0-----', missing: 'breaching' })).toBe('ALARM');
  });

  test('is missing by default', () => {
    expect(stateOf({ data: '---' })).toBe('INSUFFICIENT_DATA');
  });
});

describe('a period', () => {
  const at = (text: string) => new Date(`2026-11-22T${text}Z`);
  const stateAt = (store: MetricStore, instant: string, properties: object = {}) =>
    evaluate(parsed({ TreatMissingData: 'notBreaching', ...properties }), store, {
      now: at(instant),
      since: new Date(0),
    }).state;

  test('ends with the minute of now, and slides', () => {
    const store = new MetricStore();
    store.add({ ...metric, values: [1], timestamp: at('05:07:30').getTime() });
    store.add({ ...metric, values: [0], timestamp: at('05:12:00').getTime() });
    const state = (instant: string) => stateAt(store, instant, { Period: 300 });
    expect(['05:06:59', '05:07:00', '05:07:31', '05:11:59', '05:12:00'].map(state)).toEqual([
      'OK',
      'ALARM',
      'ALARM',
      'ALARM',
      'OK',
    ]);
  });

  test.each<[Statistic, number]>([
    ['Sum', 12],
    ['Average', 3],
    ['Minimum', -1],
    ['Maximum', 7],
    ['SampleCount', 4],
  ])('has the %s of its values', (Statistic, value) => {
    const store = new MetricStore();
    store.add({ ...metric, values: [4, 7], timestamp: at('05:00:00').getTime() });
    store.add({ ...metric, values: [2, -1], timestamp: at('05:01:59.999').getTime() });
    store.add({ ...metric, dimensions: { a: '1' }, values: [100], timestamp: at('05:01:00').getTime() });
    const state = (ComparisonOperator: Comparison, Threshold: number) =>
      stateAt(store, '05:01:59', { Statistic, Period: 120, ComparisonOperator, Threshold });

    expect(state('GreaterThanOrEqualToThreshold', value)).toBe('ALARM');
    expect(state('GreaterThanThreshold', value)).toBe('OK');
    expect(state('LessThanOrEqualToThreshold', value)).toBe('ALARM');
    expect(state('LessThanThreshold', value)).toBe('OK');
    expect(state('LessThanThreshold', value + 0.5)).toBe('ALARM');
  });
});
