import { modulo, radians } from './numbers.ts';
import type { Place } from './places.ts';

/**
 * The sun over a place; `hour` counts from 1970-01-01 and may be between two. `height` is the sine of its
 * elevation, `solarHour` the local solar time, `season` from -1 (coldest day) to 1 (warmest, a month after
 * the longest).
 */
export function sunAt(place: Place, hour: number) {
  const declination = declinationAt(hour);
  const solarHour = solarHourAt(place, hour);
  const hourAngle = radians(15 * (solarHour - 12));
  const lat = radians(place.lat);
  const height =
    Math.sin(lat) * Math.sin(declination) + Math.cos(lat) * Math.cos(declination) * Math.cos(hourAngle);
  return {
    height: Math.max(0, height),
    isDay: height > 0,
    solarHour,
    season: -Math.cos(yearAngle(hour, -20)) * Math.sign(place.lat),
    /** The cosine at which its light meets a panel that faces the equator and is tilted by the latitude. */
    onPanel: Math.max(0, Math.cos(declination) * Math.cos(hourAngle)),
  };
}

/** The instants, in hours, at which the sun rises and sets around a noon; none in a polar day or night. */
export function sunriseAndSunset(place: Place, noon: number): [number, number] | undefined {
  const cosine = -Math.tan(radians(place.lat)) * Math.tan(declinationAt(noon));
  if (Math.abs(cosine) >= 1) return undefined;
  const half = (Math.acos(cosine) * 12) / Math.PI;
  return [noon - half, noon + half];
}

/** From 0 up to 24; the sun is highest at 12. */
export function solarHourAt(place: Place, hour: number): number {
  return modulo(hour + place.lon / 15, 24);
}

/** Counted from 1970-01-01, whose winter solstice was ten days before. */
function declinationAt(hour: number): number {
  return radians(-23.44 * Math.cos(yearAngle(hour, 10)));
}

function yearAngle(hour: number, days: number): number {
  return (2 * Math.PI * (hour / 24 + days)) / 365.2425;
}
