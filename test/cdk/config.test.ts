import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../cdk/config.ts';

describe('configuration', () => {
  test('needs no more than places; the rest has defaults', () => {
    expect(parseConfig({ locations: ['Oslo'] })).toEqual({
      locations: ['Oslo'],
      airQuality: false,
      pollen: false,
      schedule: 'cron(0 * * * ? *)',
      apiUrl: 'https://api.weatherapi.com/v1',
      secretName: 'tdf/weatherapi-key',
      stage: 'dev',
      retainData: false,
      freshnessHours: 3,
    });
  });

  test('names every wrong value at once, with what was expected and what came', () => {
    const wrong = {
      locations: ['Oslo', ' ', 7],
      airQuality: 'yes',
      schedule: 'hourly',
      apiUrl: 'http://api.weatherapi.com/v1',
      secretName: 'tdf weather',
      stage: 'Prod!',
      freshnessHours: 0,
      location: 'Oslo',
    };
    expect(() => parseConfig(wrong)).toThrow(Error);
    const message = messageOf(() => parseConfig(wrong));
    for (const part of [
      'tdf.locations.1: expected a place, got an empty text',
      'tdf.locations.2: expected a text',
      '(got 7)',
      'tdf.airQuality: expected true or false (got "yes")',
      'tdf.schedule: expected "cron(…)" or "rate(…)"',
      'tdf.apiUrl: expected https://',
      'tdf.secretName: expected letters',
      'tdf.stage: expected up to 20 of a-z',
      'tdf.freshnessHours: expected at least 1',
      'tdf.location: ',
    ]) {
      expect(message).toContain(part);
    }
  });

  test.each([
    ['no places', { locations: [] }, 'expected at least one place'],
    ['the same place twice', { locations: ['Oslo', 'Oslo'] }, 'expected each place once'],
    ['nothing at all', undefined, 'tdf.locations'],
  ])('refuses %s', (_what, context, part) => {
    expect(messageOf(() => parseConfig(context))).toContain(part);
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
