import { describe, expect, test } from '@jest/globals';
import type { Comparison, MissingData } from '../../local/alarms/alarm.ts';
import { parseAlarm } from '../../local/alarms/alarm-properties.ts';
import { type AlarmState, evaluate } from '../../local/alarms/evaluate.ts';
import { MetricStore, type Statistic } from '../../local/alarms/metric-store.ts';

const minute = 60_000;
const now = new Date('2026-11-22T05:10:30Z');
const metric = { namespace: 'Test', name: 'Count', dimensions: { b: '2', a: '1' } };

interface Rule {
  /** Oldest first: X breaches, 0 does not, - is missing. */
  readonly data: string;
  readonly missing?: MissingData;
  readonly of?: number;
  readonly previous?: AlarmState;
}

/** The state of an alarm over three minutes. */
function stateOf({ data, missing, of = 3, previous }: Rule): AlarmState {
  const store = new MetricStore();
  for (const [age, mark] of [...data].reverse().entries()) {
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
    <T>(value: unknown) => value as T,
  );
}

describe('missing data', () => {
  const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
  const states = (rule: Omit<Rule, 'missing'>) => treatments.map((missing) => stateOf({ ...rule, missing }));

  test('makes no difference where there is none', () => {
    expect(states({ data: 'XXX' })).toEqual(Array(4).fill('ALARM'));
    expect(states({ data: 'X0X' })).toEqual(Array(4).fill('OK'));
    expect(states({ data: 'X0X', of: 2 })).toEqual(Array(4).fill('ALARM'));
    expect(states({ data: '00X', of: 2 })).toEqual(Array(4).fill('OK'));
  });

  test('counts as the alarm says', () => {
    expect(states({ data: '---' })).toEqual(['INSUFFICIENT_DATA', 'INSUFFICIENT_DATA', 'ALARM', 'OK']);
    expect(states({ data: '---', previous: 'ALARM' })).toEqual(['INSUFFICIENT_DATA', 'ALARM', 'ALARM', 'OK']);
    expect(states({ data: '--0' })).toEqual(['OK', 'OK', 'OK', 'OK']);
    expect(states({ data: 'X-X', previous: 'OK' })).toEqual(['ALARM', 'OK', 'ALARM', 'OK']);
    expect(states({ data: '--X', previous: 'OK' })).toEqual(['OK', 'OK', 'ALARM', 'OK']);
    expect(states({ data: '-0X', of: 2, previous: 'ALARM' })).toEqual(['ALARM', 'ALARM', 'ALARM', 'OK']);
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
