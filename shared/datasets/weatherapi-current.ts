import type { Dataset } from '../dataset.ts';
import { airQualityFields, below, locationFields, pollenFields, weatherFields } from './weatherapi-fields.ts';
import { airQuality, language, pollen } from './weatherapi-options.ts';

/**
 * WeatherAPI.com's current weather: https://www.weatherapi.com/docs/#apis-realtime. `last_updated` and `localtime` are local
 * times without a zone, sometimes unpadded, so they are text. Use `observed_at` and `location_localtime_epoch` instead.
 */
export const weatherapiCurrent = {
  name: 'weatherapi/current',
  endpoint: 'current.json',
  version: 3,
  description: 'Current weather.',
  schedule: 'cron(0 * * * ? *)',
  identity: 'time',
  options: { airQuality, pollen, language },
  dayColumn: 'observed_at',
  firstDay: '2024-01-01',
  required: ['location', 'current'],
  ignored: [],
  maxAnswerBytes: 64 * 1024,
  tables: [
    {
      name: 'weatherapi/current',
      description: 'Current weather, one row per place and run.',
      rows: '',
      // biome-ignore format: one field per line, as in a table
      fields: [
        { column: 'observed_at', path: 'current.last_updated_epoch', type: 'timestamp', meaning: 'When the observation was updated (sent as epoch seconds).', unit: 'UTC' },
        ...locationFields,
        { column: 'last_updated', path: 'current.last_updated', type: 'string', meaning: 'When the observation was updated, as local text without a zone; use observed_at.' },
        ...below('current', [...weatherFields, ...airQualityFields, ...pollenFields]),
      ],
    },
  ],
} as const satisfies Dataset;
