import type { Dataset } from '../../shared/dataset.ts';
import type { Day } from '../../shared/keys.ts';

/**
 * A day in the answer that is not the one that was asked for, by the dataset's day column. An answer without a day is fine:
 * an account can switch any field off.
 */
export function otherDayIn(answer: Uint8Array, dataset: Dataset, asked: Day): string | undefined {
  const path = dataset.tables[0]?.fields.find(({ column }) => column === dataset.dayColumn)?.path ?? '';
  const names = path.replaceAll('[]', '').split('.');
  return valuesAt(JSON.parse(Buffer.from(answer).toString()), names).find((day) => day !== asked);
}

/** The texts at a path, through any arrays on it. */
function valuesAt(value: unknown, [name, ...rest]: readonly string[]): string[] {
  if (Array.isArray(value))
    return value.flatMap((item) => valuesAt(item, name === undefined ? [] : [name, ...rest]));
  if (name === undefined) return typeof value === 'string' ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return valuesAt((value as Readonly<Record<string, unknown>>)[name], rest);
}
