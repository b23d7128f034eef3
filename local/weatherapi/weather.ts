import { conditionCode, describe } from './conditions.ts';
import { feelsLike, heatIndex, wetBulb, windChill } from './felt-temperature.ts';
import { fraction, type Place } from './places.ts';

/** The body of `current.json`. */
export type CurrentResponse = ReturnType<typeof currentWeather>;

const compass = 'N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW'.split(' ');

/**
 * The weather that `current.json` gives for a place at an instant: invented, but the same for the same
 * place and hour (UTC), and in keeping with latitude, season and the sun.
 *
 * Whole doubles come as `0` or `1017`, without a decimal point, as the provider's `short_rad` does at night.
 */
export function currentWeather(
  place: Place,
  instant: Date,
  {
    aqi = false,
    pollen = false,
    language = 'en',
  }: { aqi?: boolean; pollen?: boolean; language?: string } = {},
) {
  const epoch = Math.floor(instant.getTime() / 1000);
  const updated = epoch - (epoch % 900);
  const air = airAt(place, Math.floor(epoch / 3600));
  return {
    location: {
      ...place,
      localtime_epoch: epoch,
      localtime: localTime(epoch, place.tz_id),
    },
    current: {
      last_updated_epoch: updated,
      last_updated: localTime(updated, place.tz_id),
      ...temperature('temp', air.temp),
      is_day: air.sun.isDay ? 1 : 0,
      condition: describe(conditionCode(air), air.sun.isDay, language),
      wind_mph: round(air.wind / 1.609344, 1),
      wind_kph: air.wind,
      wind_degree: air.windDegree,
      wind_dir: compass[Math.round(air.windDegree / 22.5) % 16] ?? 'N',
      pressure_mb: air.pressure,
      pressure_in: round(air.pressure * 0.02953, 2),
      precip_mm: air.precip,
      precip_in: round(air.precip / 25.4, 2),
      humidity: air.humidity,
      cloud: air.cloud,
      ...temperature('feelslike', feelsLike(air)),
      ...temperature('windchill', windChill(air)),
      ...temperature('heatindex', heatIndex(air)),
      ...temperature('dewpoint', air.dewpoint),
      vis_km: visibility(air),
      // The provider cuts miles down to whole ones: 10 km are 6 miles.
      vis_miles: Math.floor(visibility(air) / 1.609344),
      uv: round(air.sun.isDay ? 12 * air.sun.height ** 1.3 * (1 - 0.0065 * air.cloud) : 0, 1),
      gust_mph: round(air.gust / 1.609344, 1),
      gust_kph: air.gust,
      ...chances(air),
      ...temperature('wetbulb', wetBulb(air)),
      ...radiation(air),
      ...(aqi ? { air_quality: airQuality(air) } : {}),
      ...(pollen ? { pollen: pollenIn(air) } : {}),
    },
  };
}

/** What the rest is worked out from. Temperatures in °C, wind in km/h, pressure in mb, precipitation in mm. */
type Air = ReturnType<typeof airAt>;

function airAt(place: Place, hour: number) {
  const drift = (what: string, hours: number) =>
    smoothNoise(`${place.lat},${place.lon} ${what}`, hour, hours);
  const sun = sunAt(place, hour);
  const afternoon = Math.cos(((sun.solarHour - 15) * Math.PI) / 12);

  const cloud = Math.round(clamp(45 + 85 * drift('cloud', 16), 0, 100));
  const rain = drift('rain', 7) + 0.1;
  const precip = round(cloud > 70 && rain > 0 ? 4 * rain ** 2 * ((cloud - 70) / 30) : 0, 2);

  const mean = 28 - 0.0062 * place.lat ** 2;
  const season = 0.15 * Math.abs(place.lat) * sun.season;
  const temp = round(mean + season + (5 - 0.03 * cloud) * afternoon + 5 * drift('front', 60), 1);

  const spread = clamp(
    9 + 4 * afternoon - 0.03 * cloud + 5 * drift('dry', 30) - (precip > 0 ? 5 : 0),
    0.4,
    20,
  );
  const dewpoint = round(temp - spread, 1);

  const wind = round(clamp(14 + 16 * drift('wind', 11) + 3 * afternoon, 3.6, 90), 1);
  return {
    sun,
    cloud,
    precip,
    temp,
    dewpoint,
    humidity: Math.round((100 * vapour(dewpoint)) / vapour(temp)),
    wind,
    gust: round(wind * (1.45 + 0.25 * drift('gust', 3)), 1),
    windDegree: Math.floor(180 + 300 * drift('direction', 20) + 360) % 360,
    pressure: Math.round(1014 - 16 * drift('front', 60) - (precip > 0 ? 3 : 0)),
    rainy: clamp(rain, 0, 1),
    dirt: 0.5 + 0.5 * drift('dirt', 24),
  };
}

/**
 * The sun over a place at the start of an hour: `height` is the sine of its elevation, `solarHour` the local
 * solar time, `season` from -1 (coldest day) to 1 (warmest, a month after the longest).
 */
function sunAt(place: Place, hour: number) {
  const yearAngle = (days: number) => (2 * Math.PI * (hour / 24 + days)) / 365.2425;
  // Counted from 1970-01-01, whose winter solstice was ten days before.
  const declination = radians(-23.44 * Math.cos(yearAngle(10)));
  const solarHour = (hour + place.lon / 15) % 24;
  const hourAngle = radians(15 * (solarHour - 12));
  const lat = radians(place.lat);
  const height =
    Math.sin(lat) * Math.sin(declination) + Math.cos(lat) * Math.cos(declination) * Math.cos(hourAngle);
  return {
    height: Math.max(0, height),
    isDay: height > 0,
    solarHour,
    season: -Math.cos(yearAngle(-20)) * Math.sign(place.lat),
    /** The cosine at which its light meets a panel that faces the equator and is tilted by the latitude. */
    onPanel: Math.max(0, Math.cos(declination) * Math.cos(hourAngle)),
  };
}

function visibility(air: Air): number {
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

/** µg/m³; the two indices are read off the bands of PM2.5. */
function airQuality(air: Air) {
  const pm25 = round(3 + 45 * air.dirt ** 3, 2);
  const band = (limits: readonly number[]) => 1 + limits.filter((limit) => pm25 > limit).length;
  return {
    co: round(150 + 400 * air.dirt, 2),
    no2: round(4 + 45 * air.dirt ** 2, 2),
    o3: round(35 + 70 * air.sun.height - 20 * air.dirt, 2),
    so2: round(1 + 12 * air.dirt ** 2, 2),
    pm2_5: pm25,
    pm10: round(pm25 * (1.3 + 0.6 * air.dirt), 2),
    'us-epa-index': band([12, 35.4, 55.4, 150.4, 250.4]),
    'gb-defra-index': band([11, 23, 35, 41, 47, 53, 58, 64, 70]),
  };
}

/** Grains/m³ at most, as the plants flower: most in the warm half of the year, little in the rain. */
const mostPollen = { Hazel: 60, Alder: 90, Birch: 220, Oak: 150, Grass: 120, Mugwort: 40, Ragweed: 70 };

function pollenIn(air: Air) {
  const share = clamp(0.5 + 0.5 * air.sun.season, 0, 1) * air.dirt * (air.precip > 0 ? 0.2 : 1);
  return Object.fromEntries(
    Object.entries(mostPollen).map(([plant, most]) => [plant, round(most * share, 1)]),
  ) as typeof mostPollen;
}

/** Vapour pressure in hPa of air that is saturated at this temperature (Magnus). */
function vapour(celsius: number): number {
  return 6.112 * Math.exp((17.625 * celsius) / (243.04 + celsius));
}

/** Wanders between -1 and 1: a fixed value every `period` hours, a smooth way between them. */
function smoothNoise(seed: string, hour: number, period: number): number {
  const step = Math.floor(hour / period);
  const x = hour / period - step;
  const from = fraction(`${seed} ${step}`);
  const to = fraction(`${seed} ${step + 1}`);
  return 2 * (from + (to - from) * x * x * (3 - 2 * x)) - 1;
}

const timeFormats = new Map<string, Intl.DateTimeFormat>();

/** `2026-01-31 09:05`, local, without a zone. Swedish is the locale that writes a date like this. */
function localTime(epoch: number, timeZone: string): string {
  let format = timeFormats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    timeFormats.set(timeZone, format);
  }
  return format.format(epoch * 1000);
}

/** Both scales of one temperature; °F follow from the rounded °C, so that the two always agree. */
function temperature<N extends string>(name: N, celsius: number) {
  const rounded = round(celsius, 1);
  return { [`${name}_c`]: rounded, [`${name}_f`]: round(fahrenheit(rounded), 1) } as {
    [K in `${N}_${'c' | 'f'}`]: number;
  };
}

function fahrenheit(celsius: number): number {
  return celsius * 1.8 + 32;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Adding zero turns -0 into 0. */
function round(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals + 0;
}
