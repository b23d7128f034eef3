import type { Dataset } from '../dataset.ts';
import { dayRowFields, dayRows, hourRowFields, hourRows } from './weatherapi-fields.ts';
import { airQuality, language, pollen } from './weatherapi-options.ts';

/**
 * WeatherAPI.com's history, from 2010 on: https://www.weatherapi.com/docs/#apis-history. `dt` is the local day that was
 * asked for. A day is complete in every time zone at 12:00 UTC of the next one.
 */
export const weatherapiHistory = {
  name: 'weatherapi/history',
  endpoint: 'history.json',
  version: 2,
  description: 'What the weather was, by hour and by day.',
  schedule: 'cron(0 14 * * ? *)',
  identity: 'place-and-day',
  options: { airQuality, pollen, language },
  dayColumn: 'local_date',
  firstDay: '2010-01-01',
  required: ['location', 'forecast.forecastday'],
  ignored: [],
  maxAnswerBytes: 256 * 1024,
  tables: [
    {
      name: 'weatherapi/history_hour',
      description: 'Past weather, one row per place and hour. dt is the local day.',
      rows: hourRows,
      fields: [...hourRowFields({ column: 'observed_at', meaning: 'The hour, by its start.' })],
    },
    {
      name: 'weatherapi/history_day',
      description:
        'Past weather, one row per place and local day, with the sun and the moon. dt is the local day.',
      rows: dayRows,
      fields: [...dayRowFields],
    },
  ],
} as const satisfies Dataset;
