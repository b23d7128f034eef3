import type { Table } from '../../shared/dataset.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';

/** Where a place's values over time are, and the column of their time. */
export const sources = {
  current: { table: weatherapiCurrent.tables[0], time: 'observed_at' },
  history: { table: weatherapiHistory.tables[0], time: 'observed_at' },
  forecast: { table: weatherapiForecast.tables[0], time: 'forecast_for' },
} as const satisfies Record<string, { table: Table; time: string }>;

export interface ChartColumn {
  readonly column: string;
  readonly meaning: string;
  /** Null for a number without one. */
  readonly unit: string | null;
}

/** Every numeric column that changes over time, as declared. */
export const chartColumns: readonly ChartColumn[] = [
  ...new Map(
    Object.values(sources)
      .flatMap(({ table }): Table['fields'] => table.fields)
      .filter(({ column, type }) => (type === 'double' || type === 'int') && !column.startsWith('location_'))
      .map(({ column, meaning, unit = null }) => [column, { column, meaning, unit }]),
  ).values(),
];

export function hasColumn(source: keyof typeof sources, column: string): boolean {
  return sources[source].table.fields.some((field) => field.column === column);
}
