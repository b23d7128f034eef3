import { type Day, dayOf } from './keys.ts';

const oneDay = 24 * 3_600_000;

export function addDays(day: Day, days: number): Day {
  return dayOf(new Date(Date.parse(day) + days * oneDay));
}

/** Both included, oldest first. */
export function* daysBetween(first: Day, last: Day): Generator<Day> {
  for (let day = first; day <= last; day = addDays(day, 1)) yield day;
}

/** The latest local day that is over in every time zone at an instant. The last zone to end a day is 12 hours behind UTC. */
export function lastDayOver(at: Date): Day {
  return dayOf(new Date(at.getTime() - 1.5 * oneDay));
}
