import { type Day, dayOf } from './keys.ts';

const oneDay = 24 * 3_600_000;

export function addDays(day: Day, days: number): Day {
  return dayOf(new Date(Date.parse(day) + days * oneDay));
}

/** Both included, oldest first. */
export function* daysBetween(first: Day, last: Day): Generator<Day> {
  for (let day = first; day <= last; day = addDays(day, 1)) yield day;
}

/** The latest local day that is over in every time zone. The last zone to end a day is 12 hours behind UTC. */
export function lastDayOver(now: Date): Day {
  return addDays(dayOf(new Date(now.getTime() - oneDay / 2)), -1);
}
