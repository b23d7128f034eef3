import { type Day, dayOf } from './keys.ts';

const oneDay = 24 * 3_600_000;

export function addDays(day: Day, days: number): Day {
  return dayOf(new Date(Date.parse(day) + days * oneDay));
}

/** Both included, oldest first. */
export function* daysBetween(first: Day, last: Day): Generator<Day> {
  // Counted as numbers: as text, the day after 9999-12-31 sorts before it.
  const count = (Date.parse(last) - Date.parse(first)) / oneDay;
  for (let index = 0; index <= count; index += 1) yield addDays(first, index);
}

/** The latest local day that is over in every time zone at an instant. The last zone to end a day is 12 hours behind UTC. */
export function lastDayOver(at: Date): Day {
  return dayOf(new Date(at.getTime() - 1.5 * oneDay));
}
