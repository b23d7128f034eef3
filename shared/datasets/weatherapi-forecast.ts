import type { Dataset } from '../dataset.ts';
import {
  below,
  dayRowFields,
  dayRows,
  hourRowFields,
  hourRows,
  locationFields,
} from './weatherapi-fields.ts';
import { airQuality, language, pollen } from './weatherapi-options.ts';

/**
 * WeatherAPI.com's forecast: https://www.weatherapi.com/docs/#apis-forecast. Every run's forecast is kept under the run's
 * day, so that forecasts of one hour can be compared with each other and with what came.
 */
export const weatherapiForecast = {
  name: 'weatherapi/forecast',
  endpoint: 'forecast.json',
  version: 2,
  description: 'Forecasts by hour and by day, and weather alerts.',
  schedule: 'cron(0 0/6 * * ? *)',
  identity: 'time',
  options: {
    days: {
      parameter: 'days',
      type: 'number',
      least: 1,
      most: 14,
      default: 3,
      meaning: "Days to forecast, today included (WeatherAPI's free plan has 3).",
    },
    alerts: { parameter: 'alerts', type: 'flag', default: true, meaning: 'Ask for weather alerts too.' },
    airQuality,
    pollen,
    language,
  },
  dayColumn: 'location_localtime_epoch',
  firstDay: '2024-01-01',
  required: ['location', 'forecast.forecastday'],
  ignored: ['current'],
  maxAnswerBytes: 2 * 1024 * 1024,
  tables: [
    {
      name: 'weatherapi/forecast_hour',
      description: 'Forecasts, one row per place, run and hour.',
      rows: hourRows,
      fields: [
        ...hourRowFields({ column: 'forecast_for', meaning: 'The hour that is forecast, by its start.' }),
      ],
    },
    {
      name: 'weatherapi/forecast_day',
      description: 'Forecasts, one row per place, run and local day, with the sun and the moon.',
      rows: dayRows,
      fields: [...dayRowFields],
    },
    {
      name: 'weatherapi/alert',
      description: 'Weather alerts in force, one row per place, run and alert.',
      rows: 'alerts.alert[]',
      // biome-ignore format: one field per line, as in a table
      fields: [
        ...locationFields,
        ...below('alerts.alert[]', [
          { column: 'headline', path: 'headline', type: 'string', meaning: 'The alert in one line.' },
          { column: 'msgtype', path: 'msgtype', type: 'string', meaning: 'Kind of message, such as "Alert" or "Update".' },
          { column: 'severity', path: 'severity', type: 'string', meaning: 'How severe it is.' },
          { column: 'urgency', path: 'urgency', type: 'string', meaning: 'How soon to act.' },
          { column: 'areas', path: 'areas', type: 'string', meaning: 'Areas it is about.' },
          { column: 'category', path: 'category', type: 'string', meaning: 'Category, such as "Met".' },
          { column: 'certainty', path: 'certainty', type: 'string', meaning: 'How certain it is.' },
          { column: 'event', path: 'event', type: 'string', meaning: 'What is expected.' },
          { column: 'note', path: 'note', type: 'string', meaning: 'Note of the issuer.' },
          { column: 'effective', path: 'effective', type: 'string', meaning: 'When it takes effect, as the issuer wrote it.' },
          { column: 'expires', path: 'expires', type: 'string', meaning: 'When it expires, as the issuer wrote it.' },
          { column: 'description', path: 'desc', type: 'string', meaning: 'The alert in full.' },
          { column: 'instruction', path: 'instruction', type: 'string', meaning: 'What to do.' },
        ]),
      ],
    },
  ],
} as const satisfies Dataset;
