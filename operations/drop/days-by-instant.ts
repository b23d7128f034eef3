import { type Day, dayOf } from '../../shared/keys.ts';

/** `dayOf` that remembers: many records are of few days. */
export function daysByInstant(): (instant: number) => Day {
  const days = new Map<number, Day>();
  return (instant) => {
    const number = Math.floor(instant / 86_400_000);
    const day = days.get(number) ?? dayOf(new Date(instant));
    days.set(number, day);
    return day;
  };
}
