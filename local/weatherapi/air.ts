import { smoothNoise } from './noise.ts';
import { clamp, round } from './numbers.ts';
import type { Place } from './places.ts';
import { sunAt } from './sun.ts';

/** What the weather is worked out from. Temperatures in °C, wind in km/h, pressure in mb, precipitation in mm. */
export type Air = ReturnType<typeof airAt>;

/** After so many seconds, a forecast is nothing but the climate. */
const horizon = 14 * 86_400;

/**
 * The air over a place in the local hour that starts at an instant; in keeping with latitude, season and the sun.
 * For an hour that comes after the one it is `issued` in, it is a forecast: it strays from what comes, further
 * with every hour, and each hour's issue in a way of its own.
 */
export function airAt(place: Place, start: number, issued = start) {
  const hour = start / 3600;
  const doubt = Math.sqrt(clamp((start - issued) / horizon, 0, 1));
  const drift = (what: string, hours: number) => {
    const seed = `${place.lat},${place.lon} ${what}`;
    const comes = smoothNoise(seed, hour, hours);
    return doubt === 0
      ? comes
      : comes + doubt * (smoothNoise(`${seed} as of ${issued}`, hour, hours) - comes);
  };
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

/** Vapour pressure in hPa of air that is saturated at this temperature (Magnus). */
export function vapour(celsius: number): number {
  return 6.112 * Math.exp((17.625 * celsius) / (243.04 + celsius));
}
