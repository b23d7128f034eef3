import type { Chart } from '../../api.ts';

/** `16.8 °C`. */
export function valueText(value: number | null, unit: Chart['unit']): string {
  if (value === null) return 'no value';
  const text = Number.isInteger(value) && Math.abs(value) >= 1000 ? String(value) : value.toFixed(1);
  return unit ? `${text} ${unit}` : text;
}

/** `22`, `1 Nov` for the first day of a month and the first that is written, `06:00` between days. */
export function dayLabels(times: readonly number[]): readonly string[] {
  return times.map((time, index) => {
    const date = new Date(time);
    if (date.getUTCHours() !== 0 || date.getUTCMinutes() !== 0) return date.toISOString().slice(11, 16);
    const day = date.getUTCDate();
    const month = date.toLocaleDateString('en-GB', { month: 'short', timeZone: 'UTC' });
    return index === 0 || day === 1 ? `${day} ${month}` : `${day}`;
  });
}

/** `Air temperature, °C`. */
export function columnLabel({
  meaning,
  unit,
}: {
  readonly meaning: string;
  readonly unit: string | null;
}): string {
  const name = meaning.replace(/\.$/, '');
  return unit ? `${name}, ${unit}` : name;
}
