import type { Dataset } from './dataset.ts';
import { weatherapiCurrent } from './datasets/weatherapi-current.ts';

/** Every dataset of the pipeline. A new one is a file in `datasets/` and a line here. */
export const datasets: readonly Dataset[] = [weatherapiCurrent];

/** Names of all datasets, for messages. */
export const datasetNames: readonly string[] = datasets.map(({ name }) => name);

export function datasetNamed(name: string): Dataset | undefined {
  return datasets.find((dataset) => dataset.name === name);
}
