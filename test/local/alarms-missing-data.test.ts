import { describe, expect, test } from '@jest/globals';
import { type Alarm, parseAlarm } from '../../local/alarms/alarm.ts';
import { evaluate } from '../../local/alarms/evaluate.ts';
import { MetricStore, type Statistic } from '../../local/alarms/metrics.ts';
import { References } from '../../local/references.ts';

const minute = 60_000;
const at = (time: string) => new Date(`2026-11-22T${time}Z`);
const metric = { namespace: 'Test', name: 'Count', dimensions: { b: '2', a: '1' } };

function stateOf(store: MetricStore, now: Date, properties: object = {}) {
  const Dimensions = [
    { Name: 'a', Value: '1' },
    { Name: 'b', Value: '2' },
  ];
  const alarm = parseAlarm(
    {
      ...{
        AlarmName: 'test',
        Namespace: 'Test',
        MetricName: 'Count',
        Dimensions,
        Statistic: 'Sum',
        Period: 60,
      },
      ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
      TreatMissingData: 'notBreaching',
      ...properties,
    },
    new References(),
  );
  return evaluate(alarm, store, now, new Date(0)).state;
}

describe('missing data', () => {
  const now = at('05:10:30');
  /**
   * The states of an alarm over three minutes, with missing data as breaching and as not breaching.
   * @param data the oldest first, each of a minute: X breaches, 0 does not, - is missing
   */
  const states = (data: string, DatapointsToAlarm = 3) => {
    const store = new MetricStore();
    for (const [age, mark] of [...data.replaceAll(' ', '')].reverse().entries()) {
      const timestamp = now.getTime() - age * minute;
      if (mark !== '-') store.add({ ...metric, values: [mark === 'X' ? 5 : 0], timestamp });
    }
    const treatments: Alarm['missingData'][] = ['breaching', 'notBreaching'];
    return treatments
      .map((TreatMissingData) =>
        stateOf(store, now, { EvaluationPeriods: 3, DatapointsToAlarm, TreatMissingData }),
      )
      .join(' ');
  };

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  test.each([
    ['0 - X - X', 3, 'OK OK'],
    ['0 - - - -', 3, 'OK OK'],
    ['- - - - -', 3, 'ALARM OK'],
    ['0 X X - X', 3, 'ALARM ALARM'],
    ['- - X - -', 3, 'ALARM OK'],
    ['0 - X - X', 2, 'ALARM ALARM'],
    ['0 0 X 0 X', 2, 'ALARM ALARM'],
    ['0 - X - -', 2, 'ALARM OK'],
    ['- - - - 0', 2, 'ALARM OK'],
    ['- - - X -', 2, 'ALARM OK'],
    ['- - - - X', 3, 'ALARM OK'],
    ['- - - X -', 3, 'ALARM OK'],
  ])('%s with %i of 3 to alarm is what the documentation says [missing-data]', (data, of, expected) => {
    expect(states(data, of)).toBe(expected);
  });

  test('makes no difference where there is none', () => {
    expect([states('XXX'), states('0X0X'), states('00X', 2)]).toEqual(['ALARM ALARM', 'OK OK', 'OK OK']);
  });

  test('lets older data count, two periods further back and no more', () => {
    expect(['XXX--', 'XXX---'].map((data) => states(data))).toEqual(['ALARM ALARM', 'ALARM OK']);
    expect(['0----', '0-----'].map((data) => states(data))).toEqual(['OK OK', 'ALARM OK']);
  });
});

describe('a period', () => {
  test('ends with the minute of now, and slides', () => {
    const store = new MetricStore();
    store.add({ ...metric, values: [1], timestamp: at('05:07:30').getTime() });
    store.add({ ...metric, values: [0], timestamp: at('05:12:00').getTime() });
    const instants = ['05:06:59', '05:07:00', '05:07:31', '05:11:59', '05:12:00'];
    const states = instants.map((instant) => stateOf(store, at(instant), { Period: 300 }));
    expect(states).toEqual(['OK', 'ALARM', 'ALARM', 'ALARM', 'OK']);
  });

  test.each<[Statistic, number]>([
    ['Sum', 12],
    ['Maximum', 7],
  ])('has the %s of its values', (Statistic, value) => {
    const store = new MetricStore();
    store.add({ ...metric, values: [4, 7], timestamp: at('05:00:00').getTime() });
    store.add({ ...metric, values: [2, -1], timestamp: at('05:01:59.999').getTime() });
    store.add({ ...metric, dimensions: { a: '1' }, values: [100], timestamp: at('05:01:00').getTime() });
    const state = (ComparisonOperator: Alarm['comparison'], Threshold: number) =>
      stateOf(store, at('05:01:59'), { Statistic, Period: 120, ComparisonOperator, Threshold });

    expect(state('GreaterThanOrEqualToThreshold', value)).toBe('ALARM');
    expect(state('GreaterThanOrEqualToThreshold', value + 0.5)).toBe('OK');
    expect(state('LessThanThreshold', value)).toBe('OK');
    expect(state('LessThanThreshold', value + 0.5)).toBe('ALARM');
  });
});
