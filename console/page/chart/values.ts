import type { Chart } from '../../api.ts';
import type { Reading } from './series.ts';

/** `16.8 °C`. */
export function valueText(value: number | null, unit: Chart['unit']): string {
  if (value === null) return 'no value';
  const text = Number.isInteger(value) && Math.abs(value) >= 1000 ? String(value) : value.toFixed(1);
  return unit ? `${text} ${unit}` : text;
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

/** `Oslo 2.5 °C`, `Oslo 3.1 °C forecast`: for a screen reader. */
export function readingText({ place, observed, forecast }: Reading, unit: Chart['unit']): string {
  return observed === null && forecast !== null
    ? `${place} ${valueText(forecast, unit)} forecast`
    : `${place} ${valueText(observed, unit)}`;
}
