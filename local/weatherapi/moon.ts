import { modulo } from './numbers.ts';
import type { Place } from './places.ts';
import { solarHourAt } from './sun.ts';

/** Days from one new moon to the next; a new moon in January 2000, in hours from 1970-01-01. */
const month = 29.530588853;
const newMoon = Date.UTC(2000, 0, 6, 18, 14) / 3_600_000;

const phases = [
  ...['New Moon', 'Waxing Crescent', 'First Quarter', 'Waxing Gibbous'],
  ...['Full Moon', 'Waning Gibbous', 'Last Quarter', 'Waning Crescent'],
];

/** The words for the moon, and the percentage of it that the sun lights. */
export function moonPhase(hour: number): { name: string; illumination: number } {
  const age = ageAt(hour);
  return {
    name: phases[Math.round(age * 8) % 8] ?? 'New Moon',
    illumination: Math.round(50 * (1 - Math.cos(2 * Math.PI * age))),
  };
}

/** As at the equator: half of its day, which is longer than the sun's. */
export function isMoonUp(place: Place, hour: number): boolean {
  const lunar = lunarHourAt(place, hour);
  return lunar >= 6 && lunar < 18;
}

/** The first hour, from one on, at which the moon rises, or sets. */
export function nextMoon(event: 'rise' | 'set', place: Place, from: number): number {
  const wait = modulo((event === 'rise' ? 6 : 18) - lunarHourAt(place, from), 24);
  return from + wait / (1 - 1 / month);
}

/** From 0 (new) over 0.5 (full) up to 1. */
function ageAt(hour: number): number {
  return modulo((hour - newMoon) / 24 / month, 1);
}

/** The time by the moon: it is highest at 12, which falls later from day to day. */
function lunarHourAt(place: Place, hour: number): number {
  return modulo(solarHourAt(place, hour) - 24 * ageAt(hour), 24);
}
