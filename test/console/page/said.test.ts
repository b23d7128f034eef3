import { describe, expect, test } from '@jest/globals';
import { alarmSummary, saidOf } from '../../../console/page/flow/said.ts';
import { alarm, flowState } from './flow.ts';

describe('the flow', () => {
  test('says its numbers with their units', () => {
    const said = saidOf(flowState());
    expect(said.scheduler.lines).toEqual(['2 schedules', 'next 10:00']);
    expect(said.fetch.lines).toEqual(['3 places', '80 ms per run']);
    expect(said.raw.lines).toEqual(['9,079 objects', '75.4 MB']);
    expect(said['convert-queue'].lines).toEqual(['0 waiting', '0 in flight']);
    expect(said.compact.lines).toEqual(['80 ms each', '4 in 1 h']);
    expect(said.table.lines).toEqual(['1 file', '950 B']);
    expect(said['compact-dead']).toMatchObject({ lines: ['0 dead letters'], isBad: false });
  });

  test('says how long the oldest message waits once that is a minute', () => {
    const { queues } = flowState();
    const convert = { ...queues.convert, waiting: 1200, oldestSeconds: 200 };
    expect(saidOf(flowState({ queues: { ...queues, convert } }))['convert-queue'].lines).toEqual([
      '1,200 waiting',
      'oldest 3 min',
    ]);
  });

  test('says that a function is idle before its first invocation', () => {
    const { functions } = flowState();
    const convert = { ...functions.convert, averageMilliseconds: null };
    expect(saidOf(flowState({ functions: { ...functions, convert } })).convert.lines).toEqual(['idle', '']);
  });

  test('has no numbers before the server has answered, but says what each part is', () => {
    const { raw } = saidOf(null);
    expect(raw.lines).toBeNull();
    expect(raw.label).toMatch(/^raw\. S3 bucket\./);
  });

  test('hangs the alarms about dead letters at the dead letters, and the others at their part', () => {
    const said = saidOf(
      flowState({
        alarms: [
          alarm('DeadLetters', 'convert-queue', true),
          alarm('CompactDeadLetters', 'compact'),
          alarm('SchemaDrift', 'convert'),
        ],
      }),
    );
    expect(said['convert-dead']).toMatchObject({ isBad: true, lamps: [{ name: 'DeadLetters' }] });
    expect(said['compact-dead']).toMatchObject({ isBad: false, lamps: [{ name: 'CompactDeadLetters' }] });
    expect(said.convert.lamps).toMatchObject([{ name: 'SchemaDrift' }]);
    expect(said['convert-queue'].lamps).toEqual([]);
  });

  test('tells a screen reader the numbers, what the part is, and first the alarms that ring', () => {
    const alarms = [alarm('QuotaSpent', 'fetch'), alarm('FetchFailed', 'fetch', true)];
    expect(saidOf(flowState({ alarms })).fetch.label).toBe(
      'fetch: 3 places, 80 ms per run. Lambda function. It asks WeatherAPI.com for each place, and lands one raw object per run. FetchFailed rings: FetchFailed tells what to type. QuotaSpent is quiet.',
    );
  });
});

test('the alarms are summed up with the names of those that ring', () => {
  const quiet = [alarm('A', 'fetch'), alarm('B', 'fetch')];
  expect(alarmSummary(quiet)).toEqual({ text: '2 alarms, all quiet', ringing: [] });
  expect(alarmSummary([...quiet, alarm('C', 'raw', true)])).toEqual({
    text: '1 of 3 alarms rings',
    ringing: ['C'],
  });
});
