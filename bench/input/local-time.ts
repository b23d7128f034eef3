const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-01-31 09:05`, local, without a zone. Swedish is the locale that writes a date like this. */
export function localTime(epochSeconds: number, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    formats.set(timeZone, format);
  }
  return format.format(epochSeconds * 1000);
}
