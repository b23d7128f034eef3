import type { Air } from './air.ts';
import { clamp, round } from './numbers.ts';

/** µg/m³; the two indices are read off the bands of PM2.5. */
export function airQuality(air: Air) {
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

export function pollenIn(air: Air) {
  const share = clamp(0.5 + 0.5 * air.sun.season, 0, 1) * air.dirt * (air.precip > 0 ? 0.2 : 1);
  return Object.fromEntries(
    Object.entries(mostPollen).map(([plant, most]) => [plant, round(most * share, 1)]),
  ) as typeof mostPollen;
}
