import { describe, expect, test } from '@jest/globals';
import { expectedRuns, latestRun, outlook } from '../../shared/expected-runs.ts';

describe('the runs that a schedule asks for', () => {
  const instants = (expression: string, from: string, to: string) =>
    expectedRuns(expression, new Date(from), new Date(to)).map(({ from: start, to: end }) => {
      expect(start).toEqual(end);
      return start.toISOString().replace(':00.000Z', '');
    });

  // 22 November 2026 is a Sunday.
  test.each([
    ['cron(0 * * * ? *)', '2026-11-22T22:00Z', '2026-11-23T00:00Z', ['22T22:00', '22T23:00', '23T00:00']],
    ['cron(0 */3 * * ? *)', '2026-11-22T04:30Z', '2026-11-22T12:59Z', ['22T06:00', '22T09:00', '22T12:00']],
    ['cron(5/25 6 * * ? *)', '2026-11-22T00:00Z', '2026-11-22T23:00Z', ['22T06:05', '22T06:30', '22T06:55']],
    [
      'cron(0 8 ? * MON-WED *)',
      '2026-11-22T00:00Z',
      '2026-11-27T00:00Z',
      ['23T08:00', '24T08:00', '25T08:00'],
    ],
    ['cron(0 8 ? * 2-4 *)', '2026-11-22T00:00Z', '2026-11-27T00:00Z', ['23T08:00', '24T08:00', '25T08:00']],
    ['cron(0 8 ? * 1,7 *)', '2026-11-21T00:00Z', '2026-11-27T00:00Z', ['21T08:00', '22T08:00']],
    ['cron(0 8 ? * 2/2 *)', '2026-11-22T00:00Z', '2026-11-30T00:00Z', ['23T08:00', '25T08:00', '27T08:00']],
    ['cron(0 8 ? * 2#4 *)', '2026-11-01T00:00Z', '2026-11-30T00:00Z', ['23T08:00']],
    ['cron(0 8 ? * 6L *)', '2026-11-01T00:00Z', '2026-11-30T23:00Z', ['27T08:00']],
    ['cron(0 8 ? * L *)', '2026-11-15T00:00Z', '2026-11-22T00:00Z', ['21T08:00']],
    ['cron(15 10 L * ? *)', '2026-11-01T00:00Z', '2026-11-30T23:00Z', ['30T10:15']],
    ['cron(0 8 15W * ? *)', '2026-11-01T00:00Z', '2026-11-30T23:00Z', ['16T08:00']],
    ['cron(0 8 14W NOV ? *)', '2026-01-01T00:00Z', '2027-01-01T00:00Z', ['13T08:00']],
    ['cron(0 8 ? * mon#4 *)', '2026-11-01T00:00Z', '2026-11-30T00:00Z', ['23T08:00']],
    ['cron(0 8 1-5,30 11 ? 2026)', '2026-11-04T09:00Z', '2030-01-01T00:00Z', ['05T08:00', '30T08:00']],
    ['cron(0 12 22 NOV ? 2025,2026-2027)', '2026-11-20T00:00Z', '2026-11-25T00:00Z', ['22T12:00']],
    ['cron(0 12 * * ? 2024/2)', '2026-11-22T00:00Z', '2026-11-23T00:00Z', ['22T12:00']],
    ['cron(0 12 * * ? 2025/2)', '2026-11-22T00:00Z', '2026-11-23T00:00Z', []],
    ['cron(0 12 * * ? 2027)', '2026-11-22T00:00Z', '2026-11-23T00:00Z', []],
  ])('by %s from %s to %s are %j [schedule-runs]', (expression, from, to, expected) => {
    expect(instants(expression, from, to)).toEqual(expected.map((rest) => `2026-11-${rest}`));
  });

  test.each([
    ['rate(1 hour)', ['02:00', '03:00', '04:00', '05:00']],
    ['rate(90 minutes)', ['03:30', '05:00']],
    ['rate(1 day)', []],
  ])('by %s are one in each interval back from now, ending at %j', (expression, ends) => {
    const to = new Date('2026-11-22T05:00Z');
    const runs = expectedRuns(expression, new Date('2026-11-22T01:00Z'), to);
    expect(runs.map((run) => run.to.toISOString().slice(11, 16))).toEqual(ends);
    for (const [index, run] of runs.slice(1).entries()) {
      expect(run.from.getTime()).toBe(Number(runs[index]?.to) + 1);
    }
  });

  test.each([
    ['in a month that begins with a Saturday', 'cron(0 0 1W AUG ? 2026)', '2026-08-03'],
    ['in a month that ends with a Sunday', 'cron(0 0 31W MAY ? 2026)', '2026-05-29'],
  ])('on the nearest weekday stay in their month: %s', (_what, expression, day) => {
    const runs = expectedRuns(expression, new Date('2026-01-01'), new Date('2027-01-01'));
    expect(runs.map(({ to }) => to.toISOString().slice(0, 10))).toEqual([day]);
  });

  test('leave out a date that a month does not have, and never take another one', () => {
    const days = (expression: string) =>
      expectedRuns(expression, new Date('2026-01-01'), new Date('2029-01-01')).map(({ to }) =>
        to.toISOString().slice(0, 10),
      );
    expect(days('cron(0 0 29 2 ? *)')).toEqual(['2028-02-29']);
    expect(days('cron(0 0 31W 4,7 ? 2026)')).toEqual(['2026-07-31']);
  });

  test.each([
    ['cron(0 * * * * *)', 'expected exactly one "?", as day of month or as day of week, not "*" and "*"'],
    ['cron(0 * ? * ? *)', 'expected exactly one "?", as day of month or as day of week, not "?" and "?"'],
    ['cron(0 0 1 * 2 *)', 'expected exactly one "?", as day of month or as day of week, not "1" and "2"'],
    ['cron(0 H * * ? *)', 'hours: expected 0-23, a list, range or step of these, not "H"'],
    ['cron(0 24 * * ? *)', 'hours: expected 0-23, a list, range or step of these, not "24"'],
    ['cron(60 * * * ? *)', 'minutes: expected 0-59, a list, range or step of these, not "60"'],
    ['cron(*/60 * * * ? *)', 'minutes: expected 0-59, a list, range or step of these, not "*/60"'],
    ['cron(0 18-6 * * ? *)', 'hours: expected 0-23, a list, range or step of these, not "18-6"'],
    [
      'cron(0 9 ? * 8 *)',
      'day of week: expected 1-7 or SUN-SAT, a list, range or step of these, "?", "L", "6L" or "2#1", not "8"',
    ],
    ['cron(0 9 ? * 0 *)', 'day of week: expected 1-7'],
    ['cron(0 9 ? * 3#6 *)', 'day of week: expected 1-7'],
    ['cron(0 9 ? * 3#1,6#3 *)', 'day of week: expected 1-7'],
    [
      'cron(0 9 32 * ? *)',
      'day of month: expected 1-31, a list, range or step of these, "?", "L" or "15W", not "32"',
    ],
    ['cron(0 9 0 * ? *)', 'day of month: expected 1-31'],
    ['cron(0 9 32W * ? *)', 'day of month: expected 1-31'],
    ['cron(0 9 ? * 15W *)', 'day of week: expected 1-7'],
    [
      'cron(0 9 * JANUARY ? *)',
      'month: expected 1-12 or JAN-DEC, a list, range or step of these, not "JANUARY"',
    ],
    ['cron(0 9 * 0 ? *)', 'month: expected 1-12'],
    ['cron(0 9 * * ? 1969)', 'year: expected 1970-2199, a list, range or step of these, not "1969"'],
    ['cron(0 * * * ? soon)', 'year: expected 1970-2199'],
    ['cron(, * * * ? *)', 'minutes: expected 0-59'],
    ['cron(0 * * * ?)', 'expected six fields: minutes, hours, day of month, month, day of week and year'],
    [
      'cron(0 25 * 13 ? *)',
      'hours: expected 0-23, a list, range or step of these, not "25"; month: expected',
    ],
    ['rate(0 hours)', 'expected a number of minutes, hours or days'],
    ['rate(1 fortnight)', 'expected a number of minutes, hours or days'],
    ['rate(5 hour)', 'expected a number of minutes, hours or days'],
    ['rate(30 seconds)', 'expected a number of minutes, hours or days'],
    ['at(2026-11-22T05:00:00)', 'expected "cron(…)" or "rate(…)"'],
    ['cron(0 * * * ? *)\n', 'expected "cron(…)" or "rate(…)"'],
  ])('by %s are refused with what EventBridge Scheduler wants [schedule-refused]', (expression, message) => {
    const runs = () => expectedRuns(expression, new Date('2026-11-22'), new Date('2026-11-23'));
    expect(runs).toThrow(message);
  });
});

describe('the coming year', () => {
  const now = new Date('2026-11-22T05:30Z');

  test.each([
    ['cron(0 * * * ? *)', 1, 730],
    ['cron(0/15 * * * ? *)', 1, 4 * 730],
    ['rate(90 minutes)', 2, (24 * 365) / 1.5 / 12],
    ['rate(1 hours)', 1, 730],
    ['cron(0 */6 * * ? *)', 6, 4 * (365 / 12)],
    ['cron(0 8-18 ? * MON-FRI *)', 62, (11 * 260) / 12],
    ['cron(0 12 ? * SUN *)', 168, 53 / 12],
    ['cron(0 0 1 * ? *)', 31 * 24, 1],
    // From 30 June, 23:00, on, as far as the year reaches.
    ['cron(0 * * 1-6 ? *)', 1 + 24 * 144, (24 * 181) / 12],
    // None within a year, which is as far as anybody looks.
    ['cron(0 0 29 2 ? *)', 365 * 24, 0],
  ])('of %s has a gap of %i hours, and %d runs a month', (expression, longestGap, runsPerMonth) => {
    expect(outlook(expression, now)).toEqual({ longestGap, runsPerMonth });
  });

  test.each(['cron(0 0 30 2 ? *)', 'cron(0 0 1 1 ? 2025)', 'cron(0 0 31W 4 ? *)'])(
    'never has a time of %s, which is refused',
    (expression) => {
      expect(() => outlook(expression, now)).toThrow(`expected a time in the future: ${expression} has none`);
    },
  );
});

test.each([
  ['cron(0 * * * ? *)', '2026-11-22T10:15Z', '2026-11-22T10:00Z'],
  ['cron(0/15 * * * ? *)', '2026-11-22T10:15Z', '2026-11-22T10:15Z'],
  ['cron(0/15 * * * ? *)', '2026-11-22T10:29:59Z', '2026-11-22T10:15Z'],
  ['cron(30 5 1 * ? *)', '2026-11-22T10:15Z', '2026-11-01T05:30Z'],
  ['cron(30 5 1 1 ? 2030)', '2026-11-22T10:15Z', '2026-11-22T10:15Z'],
  ['rate(20 minutes)', '2026-11-22T10:39Z', '2026-11-22T10:20Z'],
])('the latest run of %s at %s is that of %s', (expression, at, run) => {
  expect(latestRun(expression, new Date(at))).toEqual(new Date(run));
});
