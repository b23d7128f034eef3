import { modulo } from './numbers.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-01-31 09:05`, local, without a zone. Swedish is the locale that writes a date like this. */
export function localTime(epoch: number, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    formats.set(timeZone, format);
  }
  return format.format(epoch * 1000);
}

/** `2026-01-31`, the local day of an instant. */
export function localDate(epoch: number, timeZone: string): string {
  return localTime(epoch, timeZone).slice(0, 10);
}

/** `2026-01-31T09:05:00+01:00` */
export function localTimestamp(epoch: number, timeZone: string): string {
  const offset = utcOffset(epoch, timeZone);
  const ahead = new Date(Math.abs(offset) * 1000).toISOString().slice(11, 16);
  return `${localTime(epoch, timeZone).replace(' ', 'T')}:00${offset < 0 ? '-' : '+'}${ahead}`;
}

/** The latest instant, up to this one, at which a clock in the zone showed a full hour. */
export function startOfHour(epoch: number, timeZone: string): number {
  return epoch - modulo(epoch + utcOffset(epoch, timeZone), 3600);
}

/** The instants of a local day at which a clock in the zone shows a full hour: 23 or 25 when it is changed. */
export function hoursOfDay(date: string, timeZone: string): number[] {
  const midnight = epochOf(date);
  // No zone is further than 14 hours ahead of UTC, or 12 behind.
  const offsets = new Set(
    [midnight - 14 * 3600, midnight + 36 * 3600].map((epoch) => utcOffset(epoch, timeZone)),
  );
  return [...offsets]
    .flatMap((offset) =>
      Array.from({ length: 24 }, (_, hour) => midnight + hour * 3600 - offset).filter(
        (epoch) => utcOffset(epoch, timeZone) === offset,
      ),
    )
    .sort((a, b) => a - b);
}

/** Midnight UTC of a date, in epoch seconds. */
export function epochOf(date: string): number {
  return Date.parse(`${date}T00:00Z`) / 1000;
}

/** Seconds ahead of UTC. */
function utcOffset(epoch: number, timeZone: string): number {
  const minute = epoch - modulo(epoch, 60);
  return Date.parse(`${localTime(minute, timeZone).replace(' ', 'T')}Z`) / 1000 - minute;
}
