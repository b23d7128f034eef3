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
    ['an unknown dataset', event({ dataset: 'weatherapi/marine' }), /dataset: .*weatherapi\/current/],
    ['no places', event({ locations: [] }), /locations: expected at least one/],
    ['an empty place', event({ locations: ['Melbourne', ''] }), /locations\.1: expected a place/],
    ['a place that is a number', event({ locations: [3000] }), /locations\.0: .*3000/],
    ['an option that is a number', event({ options: { days: 3 } }), /options\.days: .*3/],
    ['a misspelt member', event({ option: {} }), /option: /],
  ])('with %s is refused', (_what, refused, message) => {
    expect(refusal(refused)).toMatch(message);
  });

  test.each(['key', 'q'])('with %s among its options is refused, and the value is not repeated', (name) => {
    const message = refusal(event({ options: { aqi: 'no', [name]: 'CANARY-KEY-123' } }));
    expect(message).toMatch(/options: expected neither key nor q/);
    expect(message).not.toContain('CANARY');
  });

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
});
