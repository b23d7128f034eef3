import type { Dataset } from './dataset.ts';
import { weatherapiCurrent } from './datasets/weatherapi-current.ts';

/** To add a dataset, declare it in `datasets/` and list it here. */
export const datasets: readonly Dataset[] = [weatherapiCurrent];

export const datasetNames: readonly string[] = datasets.map(({ name }) => name);

export function datasetNamed(name: string): Dataset | undefined {
  return datasets.find((dataset) => dataset.name === name);
}
