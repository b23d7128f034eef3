import type { Field } from '../../shared/dataset.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { responseText } from './response.ts';

/** Reads one value out of a parsed response. */
export function valueAt(record: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown>)?.[name], record);
}

const sample: unknown = JSON.parse(responseText(0));

/** The 44 of the dataset's fields that the input has values for: what every candidate has to write. */
export const columns: readonly Field[] = weatherapiCurrent.fields.filter(
  ({ path }) => valueAt(sample, path.split('.')) !== undefined,
);
