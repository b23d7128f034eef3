import type { Chart } from '../../api.ts';
import type { Reading } from './series.ts';

/** How the values of a chart are written. */
export interface Measure {
  readonly unit: string | null;
  /** As many as the values have, two at most. */
  readonly decimals: number;
}

export function measureOf({ unit, series }: Pick<Chart, 'unit' | 'series'>): Measure {
  let decimals = 0;
  for (const { points } of series)
    for (const [, value] of points)
      decimals = Math.max(decimals, String(value ?? '').split('.')[1]?.length ?? 0);
  return { unit, decimals: Math.min(2, decimals) };
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
