/** `9,079`: as the terminal writes it. */
export function number(value: number): string {
  return value.toLocaleString('en');
}

/** `1 object`, `2 objects`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** `75.4 MB`. */
export function bytes(value: number): string {
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (value < 999.5) return `${short(value)} ${unit}`;
    value /= 1000;
  }
  return `${short(value)} TB`;
}

/** `80 ms`, `0.5 s`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_500) return `${short(milliseconds / 1000)} s`;
  for (const [unit, size, next] of units)
    if (milliseconds < next) return `${Math.round(milliseconds / size)} ${unit}`;
  return `${Math.round(milliseconds / day)} d`;
}

const hour = 3_600_000;
const day = 24 * hour;
const units = [
  ['min', 60_000, 59.5 * 60_000],
  ['h', hour, 47.5 * hour],
] as const;

function short(value: number): string {
  return String(Number(value.toFixed(value < 99.95 ? 1 : 0)));
}

/** `less than a minute ago`, `2 h ago`. */
export function ago(instant: string, now: Date): string {
  const age = now.getTime() - Date.parse(instant);
  return age < 60_000 ? 'less than a minute ago' : `${duration(age)} ago`;
}

/** `09:04`, in UTC. */
export function clock(instant: string): string {
  return new Date(instant).toISOString().slice(11, 16);
}

/** `Sun, 22 Nov 2026`, in UTC. */
export function longDay(instant: string | Date): string {
  return new Date(instant).toLocaleDateString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** `22 Nov 2026, 10:04 here`: what a clock on the wall shows. */
export function localTime(instant: string | Date): string {
  const date = new Date(instant);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
  return `${day}, ${date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })} here`;
}
