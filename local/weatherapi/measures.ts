import type { Air } from './air.ts';
import { airQuality, pollenIn } from './air-quality.ts';
import { conditionCode, describe } from './conditions.ts';
import { feelsLike, heatIndex, wetBulb, windChill } from './felt-temperature.ts';
import { clamp, round } from './numbers.ts';

/** What a caller asks for beside the weather itself. */
export type WeatherOptions = { aqi?: boolean; pollen?: boolean; language?: string };

const compass = 'N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW'.split(' ');

/**
 * The fields that `current` and an `hour` have in common.
 *
 * Whole doubles come as `0` or `1017`, without a decimal point, as the provider's `short_rad` does at night.
 */
export function measures(air: Air, { aqi = false, pollen = false, language = 'en' }: WeatherOptions) {
  return {
    ...temperature('temp', air.temp),
    is_day: air.sun.isDay ? 1 : 0,
    condition: describe(conditionCode(air), air.sun.isDay, language),
    wind_mph: miles(air.wind),
    wind_kph: air.wind,
    wind_degree: air.windDegree,
    wind_dir: compass[Math.round(air.windDegree / 22.5) % 16] ?? 'N',
    pressure_mb: air.pressure,
    pressure_in: round(air.pressure * 0.02953, 2),
    precip_mm: air.precip,
    precip_in: inches(air.precip),
    humidity: air.humidity,
    cloud: air.cloud,
    ...temperature('feelslike', feelsLike(air)),
    ...temperature('windchill', windChill(air)),
    ...temperature('heatindex', heatIndex(air)),
    ...temperature('dewpoint', air.dewpoint),
    ...visibility(visibleKilometres(air)),
    uv: round(air.sun.isDay ? 12 * air.sun.height ** 1.3 * (1 - 0.0065 * air.cloud) : 0, 1),
    gust_mph: miles(air.gust),
    gust_kph: air.gust,
    ...chances(air),
    ...temperature('wetbulb', wetBulb(air)),
    ...radiation(air),
    ...(aqi ? { air_quality: airQuality(air) } : {}),
    ...(pollen ? { pollen: pollenIn(air) } : {}),
  };
}

/** Both scales of one temperature; °F follow from the rounded °C, so that the two always agree. */
export function temperature<N extends string>(name: N, celsius: number) {
  const rounded = round(celsius, 1);
  return { [`${name}_c`]: rounded, [`${name}_f`]: round(rounded * 1.8 + 32, 1) } as {
    [K in `${N}_${'c' | 'f'}`]: number;
  };
}

/** The provider cuts miles down to whole ones: 10 km are 6 miles. */
export function visibility<P extends '' | 'avg' = ''>(kilometres: number, prefix = '' as P) {
  return { [`${prefix}vis_km`]: kilometres, [`${prefix}vis_miles`]: Math.floor(kilometres / 1.609344) } as {
    [K in `${P}vis_${'km' | 'miles'}`]: number;
  };
}

export function miles(kilometres: number): number {
  return round(kilometres / 1.609344, 1);
}

export function inches(millimetres: number): number {
  return round(millimetres / 25.4, 2);
}

function visibleKilometres(air: Air): number {
  const code = conditionCode(air);
  if (code === 1135 || code === 1147) return 0.5;
  if (code === 1030) return 2;
  return round(clamp(10 - 1.5 * air.precip, 1, 10), 0);
}

function chances(air: Air) {
  const chance = air.precip > 0 ? 75 + Math.round(25 * air.rainy) : Math.round(0.6 * air.cloud * air.rainy);
  const snow = air.temp < 2;
  const will = air.precip > 0 ? 1 : 0;
  return {
    will_it_rain: snow ? 0 : will,
    chance_of_rain: snow ? 0 : chance,
    will_it_snow: snow ? will : 0,
    chance_of_snow: snow ? chance : 0,
  };
}

/** W/m²: a clear sky after Haurwitz, the share that clouds leave after Kasten and Czeplak. */
function radiation(air: Air) {
  const { height, onPanel } = air.sun;
  if (height === 0) return { short_rad: 0, diff_rad: 0, dni: 0, gti: 0 };
  const cover = air.cloud / 100;
  const global = 1098 * height * Math.exp(-0.057 / height) * (1 - 0.75 * cover ** 3.4);
  const diffuse = global * (0.15 + 0.8 * cover ** 2);
  const direct = (global - diffuse) / height;
  return {
    short_rad: round(global, 2),
    diff_rad: round(diffuse, 2),
    dni: round(direct, 2),
    gti: round(direct * onPanel + diffuse * 0.9, 2),
  };
}
