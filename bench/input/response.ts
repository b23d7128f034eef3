import { conditionCode, describe } from '../../local/weatherapi/conditions.ts';
import { feelsLike, heatIndex, wetBulb, windChill } from '../../local/weatherapi/felt-temperature.ts';
import { localTime } from './local-time.ts';
import { drift, random } from './noise.ts';
import { type Place, places } from './places.ts';

/** 2026-01-01T00:00:00Z, in hours since the epoch. */
const firstHour = Date.UTC(2026, 0, 1) / 3_600_000;

const compass = 'N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW'.split(' ');

/**
 * Members whose whole numbers the provider sends with a decimal point: `"vis_km":10.0`. Its radiation at night is a
 * plain `0`.
 */
const wholeDecimals = /"(\w+_(?:c|f|mph|kph|mb|in|mm|km|miles)|uv|lat|lon)":(-?\d+)(?=[,}])/g;

/** The body of `current.json` for the n-th record, as the provider writes it: about 860 bytes. */
export function responseText(record: number): string {
  return JSON.stringify(response(record)).replaceAll(wholeDecimals, '"$1":$2.0');
}

/**
 * Hour after hour, all places in each. Invented, always the same, and in keeping with latitude, season and the sun. It
 * has 44 values: the four chances of rain and snow and one temperature are switched off, as an account can have it.
 */
function response(record: number) {
  const turn = record % places.length;
  const hour = firstHour + Math.floor(record / places.length);
  const index = turns(hour)[turn] ?? 0;
  const place = places[index] as Place;
  // Some forty places a second are asked for; what comes is of the hour, or of the quarter before it.
  const epoch = hour * 3600 + 2 + Math.floor(turn / 40);
  const updated = hour * 3600 - (random(index, 20, hour) < 0.2 ? 900 : 0);
  const air = airAt(place, index, hour);
  return {
    location: { ...place, localtime_epoch: epoch, localtime: localTime(epoch, place.tz_id) },
    current: {
      last_updated_epoch: updated,
      last_updated: localTime(updated, place.tz_id),
      ...temperature('temp', air.temp),
      is_day: air.height > 0 ? 1 : 0,
      condition: describe(conditionCode(air), air.height > 0),
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
      wetbulb_c: round(wetBulb(air), 1),
      ...visibility(air),
      gust_mph: round(air.gust / 1.609344, 1),
      gust_kph: air.gust,
      uv: round(12 * air.height ** 1.3 * (1 - 0.0065 * air.cloud), 1),
      ...radiation(air),
    },
  };
}

let turnsOfHour: { hour: number; order: readonly number[] } | undefined;

/** The places of an hour in the order of their answers: another one each hour, so that nothing repeats but the places. */
function turns(hour: number): readonly number[] {
  if (turnsOfHour?.hour !== hour) {
    const waits = places.map((_, index) => random(index, 22, hour));
    const order = [...places.keys()].sort((a, b) => (waits[a] ?? 0) - (waits[b] ?? 0));
    turnsOfHour = { hour, order };
  }
  return turnsOfHour.order;
}

/** What the rest is worked out from. Temperatures in °C, wind in km/h, pressure in mb, precipitation in mm. */
type Air = ReturnType<typeof airAt>;

function airAt(place: Place, index: number, hour: number) {
  const sun = sunAt(place, hour);
  const afternoon = Math.cos(((sun.solarHour - 15) * Math.PI) / 12);
  const front = drift(index, 0, hour, 60);

  const cloud = Math.round(clamp(45 + 85 * drift(index, 1, hour, 16), 0, 100));
  const rain = drift(index, 2, hour, 7) + 0.1;
  const precip = round(cloud > 70 && rain > 0 ? 4 * rain ** 2 * ((cloud - 70) / 30) : 0, 2);

  const mean = 28 - 0.0062 * place.lat ** 2 + 0.15 * Math.abs(place.lat) * sun.season;
  const temp = round(mean + (5 - 0.03 * cloud) * afternoon + 5 * front, 1);
  const dry = 9 + 4 * afternoon - 0.03 * cloud + 5 * drift(index, 3, hour, 30) - (precip > 0 ? 5 : 0);
  const dewpoint = round(temp - clamp(dry, 0.4, 20), 1);

  const wind = round(clamp(14 + 16 * drift(index, 4, hour, 11) + 3 * afternoon, 3.6, 90), 1);
  return {
    ...sun,
    cloud,
    precip,
    temp,
    dewpoint,
    humidity: Math.round((100 * vapour(dewpoint)) / vapour(temp)),
    wind,
    gust: round(wind * (1.45 + 0.25 * drift(index, 5, hour, 3)), 1),
    windDegree: Math.floor(540 + 300 * drift(index, 6, hour, 20)) % 360,
    pressure: Math.round(1014 - 16 * front - (precip > 0 ? 3 : 0)),
  };
}

/**
 * The sun over a place at the start of an hour: `height` is the sine of its elevation, 0 by night; `solarHour` the local
 * solar time; `season` from -1 (coldest day) to 1 (warmest, a month after the longest); `onPanel` the cosine at which its
 * light meets a panel that faces the equator and is tilted by the latitude.
 */
function sunAt({ lat, lon }: Place, hour: number) {
  const yearAngle = (days: number) => (2 * Math.PI * (hour / 24 + days)) / 365.2425;
  // Counted from 1970-01-01, whose winter solstice was ten days before.
  const declination = radians(-23.44 * Math.cos(yearAngle(10)));
  const solarHour = (hour + lon / 15) % 24;
  const hourAngle = radians(15 * (solarHour - 12));
  const height =
    Math.sin(radians(lat)) * Math.sin(declination) +
    Math.cos(radians(lat)) * Math.cos(declination) * Math.cos(hourAngle);
  return {
    height: Math.max(0, height),
    solarHour,
    season: -Math.cos(yearAngle(-20)) * Math.sign(lat),
    onPanel: Math.max(0, Math.cos(declination) * Math.cos(hourAngle)),
  };
}

function visibility(air: Air) {
  const code = conditionCode(air);
  const fog = code === 1135 || code === 1147;
  const kilometres = fog ? 0.5 : code === 1030 ? 2 : round(clamp(10 - 1.5 * air.precip, 1, 10), 0);
  // The provider cuts miles down to whole ones: 10 km are 6 miles.
  return { vis_km: kilometres, vis_miles: Math.floor(kilometres / 1.609344) };
}

/** W/m²: a clear sky after Haurwitz, the share that clouds leave after Kasten and Czeplak. */
function radiation({ height, onPanel, cloud }: Air) {
  if (height === 0) return { short_rad: 0, diff_rad: 0, dni: 0, gti: 0 };
  const cover = cloud / 100;
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

/** Vapour pressure in hPa of air that is saturated at this temperature (Magnus). */
function vapour(celsius: number): number {
  return 6.112 * Math.exp((17.625 * celsius) / (243.04 + celsius));
}

/** Both scales of one temperature; °F follow from the rounded °C, so that the two always agree. */
function temperature<N extends string>(name: N, celsius: number) {
  const rounded = round(celsius, 1);
  return { [`${name}_c`]: rounded, [`${name}_f`]: round(rounded * 1.8 + 32, 1) } as {
    [K in `${N}_${'c' | 'f'}`]: number;
  };
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
