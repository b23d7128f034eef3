import { addDays, daysBetween } from '../../shared/days.ts';
import { isDay } from '../../shared/keys.ts';
import { alertsFor } from './alerts.ts';
import { type ErrorBody, errorBody } from './failing-places.ts';
import { forecastDay } from './forecast-day.ts';
import type { HourOptions } from './forecast-hour.ts';
import { epochOf, localDate } from './local-time.ts';
import type { Place } from './places.ts';
import { currentWeather } from './weather.ts';

/** What a plan of the provider includes: forecast days, days of history before today, and `end_dt`. */
const plans = {
  free: { forecastDays: 3, historyDays: 7, ranges: false },
  pro: { forecastDays: 14, historyDays: Number.POSITIVE_INFINITY, ranges: true },
} as const;

export type Plan = keyof typeof plans;

type Question = { place: Place; now: Date; query: URLSearchParams; plan: Plan };

/** What answers `/v1/<name>.json`. */
export const endpoints: Readonly<Record<string, (question: Question) => object | ErrorBody>> = {
  current: ({ place, now, query }) => currentWeather(place, now, optionsIn(query)),
  forecast,
  history,
  astronomy,
};

/** A plan answers with no more days than it includes. */
function forecast({ place, now, query, plan }: Question) {
  const days = query.get('days') ?? '1';
  if (!/^[1-9]\d*$/.test(days)) return errorBody(1005, `days must be a number from 1 to 14, not "${days}".`);
  const options = optionsIn(query);
  const { location, current } = currentWeather(place, now, options);
  const { localtime_epoch: epoch } = location;
  const today = localDate(epoch, place.tz_id);
  const length = Math.min(Number(days), plans[plan].forecastDays);
  const dates = [...daysBetween(today, addDays(today, length - 1))];
  const forecastday = dates.map((date) => forecastDay(place, date, epoch, options));
  const hours = forecastday.flatMap(({ hour }) => hour);
  return {
    location,
    current,
    forecast: { forecastday },
    ...(query.get('alerts') === 'yes' ? { alerts: alertsFor(place, hours, epoch) } : {}),
  };
}

function history({ place, now, query, plan }: Question) {
  const { location } = currentWeather(place, now);
  const { localtime_epoch: epoch } = location;
  const today = localDate(epoch, place.tz_id);
  const from = query.get('dt') ?? '';
  const to = query.get('end_dt') ?? from;
  const wrong = [from, to].find((date) => !isDay(date) || date < '2010-01-01' || date > today);
  if (wrong !== undefined) {
    return errorBody(1005, `dt and end_dt must be dates from 2010-01-01 to ${today}, not "${wrong}".`);
  }
  if (to < from || to > addDays(from, 30)) {
    return errorBody(1005, 'end_dt must be the day of dt, or up to 30 days later.');
  }
  const { historyDays, ranges } = plans[plan];
  if ((query.has('end_dt') && !ranges) || daysUntil(from, today) > historyDays) return errorBody(2009);
  const options = optionsIn(query);
  const forecastday = [...daysBetween(from, to)].map((date) => forecastDay(place, date, epoch, options));
  return { location, forecast: { forecastday } };
}

function astronomy({ place, now, query }: Question) {
  const { location } = currentWeather(place, now);
  const { localtime_epoch: epoch } = location;
  const date = query.get('dt') ?? localDate(epoch, place.tz_id);
  if (!isDay(date)) return errorBody(1005, `dt must be a date, not "${date}".`);
  return { location, astronomy: { astro: forecastDay(place, date, epoch).astro } };
}

function optionsIn(query: URLSearchParams): HourOptions {
  const wants = (name: string) => query.get(name) === 'yes';
  return {
    aqi: wants('aqi'),
    pollen: wants('pollen'),
    language: query.get('lang') ?? 'en',
    et0: wants('et0'),
    wind100mph: wants('wind100mph'),
    wind100kph: wants('wind100kph'),
  };
}

/** How many days the second date is after the first one. */
function daysUntil(from: string, to: string): number {
  return (epochOf(to) - epochOf(from)) / 86_400;
}
