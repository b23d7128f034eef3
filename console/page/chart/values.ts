import type { Chart } from '../../api.ts';
import type { Reading } from './series.ts';

/** How the values of a chart are written. */
export interface Measure {
  readonly unit: string | null;
  /** As many as nearly all values have, two at most: a mean among them has more than its column. */
  readonly decimals: number;
}

export function measureOf({ unit, series }: Pick<Chart, 'unit' | 'series'>): Measure {
  const decimals = series
    .flatMap(({ points }) => points.flatMap(([, value]) => value ?? []))
    .map((value) => String(value).split('.')[1]?.length ?? 0)
    .sort((a, b) => a - b);
  return { unit, decimals: Math.min(2, decimals[Math.floor(0.9 * (decimals.length - 1))] ?? 0) };
}

/** `16.8 °C`. */
export function valueText(value: number | null, { unit, decimals }: Measure): string {
  if (value === null) return 'no value';
  return unit ? `${value.toFixed(decimals)} ${unit}` : value.toFixed(decimals);
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
export function readingText({ place, observed, forecast }: Reading, measure: Measure): string {
  return observed === null && forecast !== null
    ? `${place} ${valueText(forecast, measure)} forecast`
    : `${place} ${valueText(observed, measure)}`;
}
