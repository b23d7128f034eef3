import { dayOf } from '../../shared/keys.ts';

/** "current, run of 09:00", with the day unless it is today. */
export function runTitle(dataset: string, at: Date, now: Date): string {
  const iso = at.toISOString();
  const day = dayOf(at) === dayOf(now) ? '' : `${iso.slice(0, 10)} `;
  return `${shortName(dataset)}, run of ${day}${iso.slice(11, 16)}`;
}

/** "current" for `weatherapi/current`. */
export function shortName(dataset: string): string {
  return dataset.split('/').at(-1) ?? dataset;
}

/** "41 kB" */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit > 0 && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
