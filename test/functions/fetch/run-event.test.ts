import { describe, expect, test } from '@jest/globals';
import { parseRunEvent } from '../../../functions/fetch/run-event.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';

function event(parts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    scheduledTime: '2026-11-22T05:00:00Z',
    dataset: 'weatherapi/current',
    locations: ['-37.504136,145.744302', 'Melbourne'],
    options: { aqi: 'yes' },
    ...parts,
  };
}

/** What is said about an event that is refused. */
function refusal(refused: unknown): string {
  try {
    parseRunEvent(refused);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigurationError' });
    return (error as Error).message;
  }
  throw new Error('The event was accepted.');
}

describe('a run event', () => {
  test('names the hour, the dataset, the places and the options', () => {
    expect(parseRunEvent(event())).toEqual({
      scheduledTime: new Date('2026-11-22T05:00:00Z'),
      dataset: weatherapiCurrent,
      locations: ['-37.504136,145.744302', 'Melbourne'],
      options: { aqi: 'yes' },
    });
  });

  test('may be of the 29th of February, in a leap year', () => {
    const { scheduledTime } = parseRunEvent(event({ scheduledTime: '2028-02-29T05:00:00Z' }));
    expect(scheduledTime.toISOString()).toBe('2028-02-29T05:00:00.000Z');
  });

  test('needs no options', () => {
    expect(parseRunEvent(event({ options: undefined })).options).toEqual({});
  });

  test('may give its time with an offset: the same instant is the same run', () => {
    const { scheduledTime } = parseRunEvent(event({ scheduledTime: '2026-11-22T16:00:00+11:00' }));
    expect(scheduledTime.toISOString()).toBe('2026-11-22T05:00:00.000Z');
  });

  test.each([
    ['nothing', null, /event: .*null/],
    ['a text', 'run', /event: .*"run"/],
    ['a time without a zone', event({ scheduledTime: '2026-11-22T05:00:00' }), /scheduledTime: .*ISO 8601/],
    [
      'an unfilled placeholder',
      event({ scheduledTime: '<aws.scheduler.scheduled-time>' }),
      /scheduledTime: /,
    ],
    ['a time that is a number', event({ scheduledTime: 1795323600 }), /scheduledTime: .*1795323600/],
    ...[
      ['the 30th of February', '2026-02-30T05:00:00Z'],
      ['the 29th of February in a common year', '2026-02-29T05:00:00Z'],
      ['the 31st of November', '2026-11-31T05:00:00+11:00'],
      ['a 13th month', '2026-13-01T05:00:00Z'],
      ['a day 0', '2026-11-00T05:00:00Z'],
      ['hour 24', '2026-11-22T24:00:00Z'],
      ['hour 25', '2026-11-22T25:00:00Z'],
      ['minute 60', '2026-11-22T05:60:00Z'],
      ['an offset of 99 hours', '2026-11-22T05:00:00+99:00'],
      ['a year of five digits', '12026-11-22T05:00:00Z'],
      ['a line break behind it', '2026-11-22T05:00:00Z\n'],
      ['a command behind it', '2026-11-22T05:00:00Z; touch planted'],
    ].map(([what, scheduledTime]): [string, unknown, RegExp] => [
      `a time of ${what}`,
      event({ scheduledTime }),
      /scheduledTime: expected/,
    ]),
    [
      'a day that convert would refuse',
      event({ scheduledTime: '2023-12-31T23:00:00Z' }),
      /scheduledTime: expected 2024-01-01 or later/,
    ],
    ['an unknown dataset', event({ dataset: 'weatherapi/marine' }), /dataset: .*weatherapi\/current/],
    ['no places', event({ locations: [] }), /locations: expected at least one/],
    ['an empty place', event({ locations: ['Melbourne', ''] }), /locations\.1: expected a place/],
    ['a place that is a number', event({ locations: [3000] }), /locations\.0: .*3000/],
    ['an option that is a number', event({ options: { days: 3 } }), /options\.days: .*3/],
    ['a misspelt member', event({ option: {} }), /option: /],
  ])('with %s is refused [real-times]', (_what, refused, message) => {
    expect(refusal(refused)).toMatch(message);
  });

  test.each(['key', 'q', 'dt', 'days', 'toString'])(
    'with %s among its options, which the dataset does not declare, is refused, and the value is not repeated',
    (name) => {
      const message = refusal(event({ options: { aqi: 'no', [name]: 'CANARY-KEY-123' } }));
      expect(message).toMatch(/options: expected none but aqi, pollen, lang$/);
      expect(message).not.toContain('CANARY');
    },
  );

  test('has all its problems named at once, each by its place', () => {
    const message = refusal({
      scheduledTime: 'yesterday',
      dataset: 'weather',
      locations: ['', 7],
      options: { aqi: true },
      extra: 1,
    });
    for (const place of ['scheduledTime', 'dataset', 'locations.0', 'locations.1', 'options.aqi', 'extra']) {
      expect(message.split(/: |; /)).toContain(place);
    }
  });

  test('that is empty has every member named that it lacks', () => {
    expect(refusal({})).toMatch(/scheduledTime: .*dataset: .*locations: /);
  });

  describe('of a place and day', () => {
    const history = (parts: Record<string, unknown> = {}) =>
      event({ dataset: 'weatherapi/history', scheduledTime: '2026-11-22T14:00:00Z', ...parts });

    test.each([
      ['2026-11-22T14:00:00Z', '2026-11-21'],
      ['2026-11-22T12:00:00Z', '2026-11-21'],
      ['2026-11-22T11:59:59Z', '2026-11-20'],
      ['2026-11-22T01:00:00Z', '2026-11-20'],
      ['2026-03-01T00:30:00+02:00', '2026-02-27'],
    ])(
      'of %s asks for %s, the latest day that is over in every time zone [day-over]',
      (scheduledTime, day) => {
        expect(parseRunEvent(history({ scheduledTime })).day).toBe(day);
      },
    );

    test('asks for the day that it names', () => {
      expect(parseRunEvent(history({ day: '2010-01-01' })).day).toBe('2010-01-01');
    });

    test('may name the latest day that is over in every time zone, and no later one [day-over]', () => {
      const after36Hours = (days: number) =>
        new Date(Date.now() + (24 * days - 36) * 3_600_000).toISOString().slice(0, 10);
      expect(parseRunEvent(history({ day: after36Hours(0) })).day).toBe(after36Hours(0));
      for (const days of [1, 2, 3])
        expect(refusal(history({ day: after36Hours(days) }))).toContain(
          `day: expected 2010-01-01 to ${after36Hours(0)}, the latest day that is over in every time zone`,
        );
    });

    test.each([
      ['a day before the first one', { day: '2009-12-31' }, /day: expected 2010-01-01 to 20/],
      [
        'a time after which no day is',
        { scheduledTime: '2010-01-01T14:00:00Z' },
        /day: expected 2010-01-01 to 20/,
      ],
      ['a day that does not exist', { day: '2026-02-30' }, /day: expected a day that exists/],
      ['a time for its day', { day: '2026-02-03T00:00:00Z' }, /day: expected a day that exists/],
      ['a number for its day', { day: 20261122 }, /day: .*20261122/],
      [
        'a day where a time identifies the run',
        { dataset: 'weatherapi/current', day: '2026-11-21' },
        /day: expected none/,
      ],
    ])('with %s is refused', (_what, parts, message) => {
      expect(refusal(history(parts))).toMatch(message);
    });
  });
});
