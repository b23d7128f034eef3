import { describe, expect, test } from '@jest/globals';
import { ScheduleClock } from '../../../operations/live/schedule-clock.ts';

const at = (time: string) => new Date(`2026-11-26T${time}Z`);
const hourly = { name: 'current', expression: 'cron(0 * * * ? *)' };

describe('the clock of the schedules', () => {
  test('says once that a run is due, from its minute on', () => {
    const clock = new ScheduleClock([hourly], at('08:59:58'));
    expect(clock.due(at('08:59:59'))).toEqual([]);
    expect(clock.due(at('09:00:00'))).toEqual([{ schedule: 'current', at: at('09:00:00'), missed: 0 }]);
    expect(clock.due(at('09:00:01'))).toEqual([]);
    expect(clock.next('current')).toEqual(at('10:00:00'));
  });

  test('does not start a run at the instant that it was made at', () => {
    const clock = new ScheduleClock([hourly], at('09:00:00'));
    expect(clock.due(at('09:00:00'))).toEqual([]);
  });

  test('tells how many runs were missed while the computer slept, and starts none of them', () => {
    const clock = new ScheduleClock([hourly], at('08:30:00'));
    expect(clock.due(at('11:30:00'))).toEqual([{ schedule: 'current', at: at('09:00:00'), missed: 3 }]);
  });

  test('starts the run of a computer that wakes up just in time', () => {
    const clock = new ScheduleClock([hourly], at('08:30:00'));
    expect(clock.due(at('10:00:30'))).toEqual([
      { schedule: 'current', at: at('10:00:00'), missed: 0 },
      { schedule: 'current', at: at('09:00:00'), missed: 1 },
    ]);
  });

  test('counts a rate from midnight in UTC', () => {
    const clock = new ScheduleClock([{ name: 'often', expression: 'rate(90 minutes)' }], at('08:00:00'));
    expect(clock.next('often')).toEqual(at('09:00:00'));
  });

  test('knows no next run of a schedule that is over', () => {
    const clock = new ScheduleClock([{ name: 'old', expression: 'cron(0 0 1 1 ? 2020)' }], at('08:00:00'));
    expect(clock.next('old')).toBeUndefined();
    expect(clock.due(at('23:00:00'))).toEqual([]);
  });
});
