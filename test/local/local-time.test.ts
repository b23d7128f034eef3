import { describe, expect, test } from '@jest/globals';
import { hoursOfDay, localTime, localTimestamp, startOfHour } from '../../local/weatherapi/local-time.ts';

const clock = (date: string, zone: string) => hoursOfDay(date, zone).map((epoch) => localTime(epoch, zone));
const fullDay = (date: string) =>
  Array.from({ length: 24 }, (_, hour) => `${date} ${String(hour).padStart(2, '0')}:00`);

describe('the hours of a local day', () => {
  test.each(['UTC', 'Etc/GMT+12', 'Etc/GMT-14', 'Asia/Kathmandu', 'Australia/Adelaide', 'America/New_York'])(
    'are 24 full hours on an ordinary day in %s, an hour apart',
    (zone) => {
      expect(clock('2026-06-10', zone)).toEqual(fullDay('2026-06-10'));
      const hours = hoursOfDay('2026-06-10', zone);
      expect(hours.slice(1).map((epoch, i) => epoch - (hours[i] ?? 0))).toEqual(Array(23).fill(3600));
    },
  );

  test.each([
    ['Australia/Melbourne', '2026-10-04', '02', '2026-04-05', '02'],
    ['Australia/Adelaide', '2026-10-04', '02', '2026-04-05', '02'],
    ['Europe/Oslo', '2026-03-29', '02', '2026-10-25', '02'],
    ['America/New_York', '2026-03-08', '02', '2026-11-01', '01'],
    ['America/Sao_Paulo', '2018-11-04', '00', '2019-02-16', '23'],
  ])(
    'in %s are 23 on %s without %s:00, and 25 on %s with %s:00 twice',
    (zone, spring, gone, autumn, twice) => {
      expect(clock(spring, zone)).toEqual(fullDay(spring).filter((text) => !text.endsWith(`${gone}:00`)));
      expect(clock(autumn, zone)).toEqual([...fullDay(autumn), `${autumn} ${twice}:00`].sort());
      expect(new Set(hoursOfDay(autumn, zone)).size).toBe(25);
    },
  );

  test('are full hours where the clock is changed by half an hour', () => {
    const zone = 'Australia/Lord_Howe';
    expect(clock('2026-10-04', zone)).toEqual(
      fullDay('2026-10-04').filter((text) => !text.endsWith('02:00')),
    );
    expect(clock('2026-04-05', zone)).toEqual(fullDay('2026-04-05'));
    const [first = 0, last = 0] = [hoursOfDay('2026-04-05', zone)[0], hoursOfDay('2026-04-05', zone)[23]];
    expect(last + 3600 - first).toBe(24.5 * 3600);
  });
});

test('an hour starts when the clock of the place shows a full one', () => {
  const start = (instant: string, zone: string) =>
    new Date(startOfHour(Date.parse(instant) / 1000, zone) * 1000).toISOString();
  expect(start('2026-01-15T03:43:20Z', 'Europe/Oslo')).toBe('2026-01-15T03:00:00.000Z');
  expect(start('2026-01-15T03:43:20Z', 'Asia/Kolkata')).toBe('2026-01-15T03:30:00.000Z');
  expect(start('2026-01-15T03:10:00Z', 'Asia/Kathmandu')).toBe('2026-01-15T02:15:00.000Z');
});

test('a timestamp carries the offset of its zone', () => {
  const stamp = (zone: string) => localTimestamp(Date.parse('2026-01-15T03:43:00Z') / 1000, zone);
  expect(stamp('Australia/Adelaide')).toBe('2026-01-15T14:13:00+10:30');
  expect(stamp('America/New_York')).toBe('2026-01-14T22:43:00-05:00');
  expect(stamp('UTC')).toBe('2026-01-15T03:43:00+00:00');
});
