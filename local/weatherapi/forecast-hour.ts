import { type Air, airAt, vapour } from './air.ts';
import { localTime } from './local-time.ts';
import { measures, miles, type WeatherOptions } from './measures.ts';
import { round } from './numbers.ts';
import type { Place } from './places.ts';

export type HourOptions = WeatherOptions & { et0?: boolean; wind100mph?: boolean; wind100kph?: boolean };

export type ForecastHour = ReturnType<typeof forecastHour>;

/** An element of `hour`: what `current` says at that instant, or, where it starts after `issued`, what is expected. */
export function forecastHour(place: Place, start: number, issued: number, options: HourOptions) {
  const air = airAt(place, start, issued);
  // Wind grows with height by a power of one seventh; it is measured at 10 m.
  const wind100 = round(air.wind * 10 ** (1 / 7), 1);
  return {
    time_epoch: start,
    time: localTime(start, place.tz_id),
    ...measures(air, options),
    snow_cm: air.temp < 2 ? air.precip : 0,
    ...(options.et0 ? { et0: evapotranspiration(air) } : {}),
    ...(options.wind100mph ? { wind100_mph: miles(wind100) } : {}),
    ...(options.wind100kph ? { wind100_kph: wind100 } : {}),
  };
}

/** mm in the hour over grass, after Makkink, from the light that the ground gets. */
function evapotranspiration(air: Air): number {
  const slope = (vapour(air.temp) * 17.625 * 243.04) / (243.04 + air.temp) ** 2;
  const light = (measures(air, {}).short_rad * 3600) / 1e6;
  return round((0.65 * (slope / (slope + 0.66)) * light) / 2.45, 2);
}
