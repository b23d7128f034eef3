import { astro } from './astro.ts';
import { conditionCode, describe } from './conditions.ts';
import { type ForecastHour, forecastHour, type HourOptions } from './forecast-hour.ts';
import { epochOf, hoursOfDay, startOfHour } from './local-time.ts';
import { inches, temperature, visibility } from './measures.ts';
import { round } from './numbers.ts';
import type { Place } from './places.ts';

export type ForecastDay = ReturnType<typeof forecastDay>;

/** An element of `forecastday`: one local day, as far as it is known at `now`. Days that are over are as they came. */
export function forecastDay(place: Place, date: string, now: number, options: HourOptions = {}) {
  const epoch = epochOf(date);
  const issued = startOfHour(now, place.tz_id);
  const hour = hoursOfDay(date, place.tz_id).map((start) => forecastHour(place, start, issued, options));
  const [first, last] = [hour[0]?.time_epoch ?? epoch, hour.at(-1)?.time_epoch ?? epoch];
  return {
    date,
    date_epoch: epoch,
    day: summary(hour, options),
    astro: astro(place, { epoch, start: first, end: last + 3600, now }),
    hour,
  };
}

/** The `day`, worked out from its hours. */
function summary(hours: readonly ForecastHour[], { language = 'en' }: HourOptions) {
  const all = (measure: (hour: ForecastHour) => number) => hours.map(measure);
  const most = (measure: (hour: ForecastHour) => number) => Math.max(...all(measure));
  const precip = round(sum(all((hour) => hour.precip_mm)), 2);
  const temp = mean(all((hour) => hour.temp_c));
  const humidity = Math.round(mean(all((hour) => hour.humidity)));
  const code = conditionCode({
    precip: most((hour) => hour.precip_mm),
    temp,
    cloud: mean(all((hour) => hour.cloud)),
    humidity,
  });
  return {
    ...temperature(
      'maxtemp',
      most((hour) => hour.temp_c),
    ),
    ...temperature('mintemp', Math.min(...all((hour) => hour.temp_c))),
    ...temperature('avgtemp', temp),
    maxwind_mph: most((hour) => hour.wind_mph),
    maxwind_kph: most((hour) => hour.wind_kph),
    totalprecip_mm: precip,
    totalprecip_in: inches(precip),
    totalsnow_cm: round(sum(all((hour) => hour.snow_cm)), 2),
    ...visibility(round(mean(all((hour) => hour.vis_km)), 1), 'avg'),
    avghumidity: humidity,
    daily_will_it_rain: most((hour) => hour.will_it_rain),
    daily_chance_of_rain: most((hour) => hour.chance_of_rain),
    daily_will_it_snow: most((hour) => hour.will_it_snow),
    daily_chance_of_snow: most((hour) => hour.chance_of_snow),
    condition: describe(code, true, language),
    uv: most((hour) => hour.uv),
    ...means('air_quality', hours, ({ air_quality }) => air_quality),
    ...means('pollen', hours, ({ pollen }) => pollen),
  };
}

/** The mean of each number in a part that the hours have or do not have; an index stays a whole number. */
function means<N extends string>(
  name: N,
  hours: readonly ForecastHour[],
  part: (hour: ForecastHour) => Readonly<Record<string, number>> | undefined,
): { [K in N]?: Record<string, number> } {
  const parts = hours.map(part).filter((values) => values !== undefined);
  if (!parts[0]) return {};
  const means = Object.keys(parts[0]).map((key) => {
    const value = mean(parts.map((values) => values[key] ?? 0));
    return [key, round(value, key.endsWith('-index') ? 0 : 2)];
  });
  return { [name]: Object.fromEntries(means) } as { [K in N]: Record<string, number> };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
