import type { Dataset } from './dataset.ts';
import { weatherapiCurrent } from './datasets/weatherapi-current.ts';
import { weatherapiForecast } from './datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from './datasets/weatherapi-history.ts';

/** To add a dataset, declare it in `datasets/` and list it here. */
export const datasets: readonly Dataset[] = [weatherapiCurrent, weatherapiForecast, weatherapiHistory];

export const datasetNames: readonly string[] = datasets.map(({ name }) => name);

/** The prefixes of the tables in curated. */
export const tableNames: readonly string[] = datasets.flatMap(({ tables }) => tables.map(({ name }) => name));

export function datasetNamed(name: string): Dataset | undefined {
  return datasets.find((dataset) => dataset.name === name);
}
