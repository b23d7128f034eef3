import type { Dataset } from '../shared/dataset.ts';
import { datasets } from '../shared/datasets.ts';
import { parsed } from './config-problems.ts';
import { gapOf } from './config-schema.ts';
import { inNewForm } from './old-config.ts';

export interface ConfiguredDataset {
  readonly dataset: Dataset;
  readonly locations: readonly string[];
  readonly schedule: string;
  readonly freshnessHours: number;
  /** What a call asks for beside the place, as parameters of the API. */
  readonly options: Readonly<Record<string, string>>;
}

export interface Config {
  readonly datasets: readonly ConfiguredDataset[];
  readonly apiUrl: string;
  readonly secretName: string;
  readonly stage: string;
  readonly compactDelay: number;
  readonly tables: 'compacted' | 'curated';
  readonly retainData: boolean;
}

/**
 * The configuration of the context's stage: what stands under `stages` comes before what all stages have.
 * @throws {Error} naming every wrong value at once, what was expected and what came
 */
export function parseConfig(context: unknown = {}): Config {
  const head = 'The configuration in cdk.json (context, "tdf")';
  const renewed = inNewForm(context);
  if (renewed) {
    const json = JSON.stringify({ tdf: renewed.context }, null, 2).replaceAll(/[^\P{Cc}\n]/gu, '\uFFFD');
    const { problems } = parsed(renewed.context);
    const also = problems.length > 0 ? `\nThis is also wrong in it:\n${problems.join('\n')}` : '';
    throw new Error(
      `${head} has ${renewed.moved.join(', ')}, which now belong to a dataset. Write instead:\n${json}${also}`,
    );
  }
  const { problems, output } = parsed(context);
  if (!output || problems.length > 0) throw new Error(`${head} is wrong:\n${problems.join('\n')}`);
  const { stages: _, locations: shared = [], datasets: named, ...config } = output;
  return {
    ...config,
    datasets: datasets.flatMap((dataset) => {
      const settings = named[dataset.name];
      if (!settings) return [];
      const { locations = shared, schedule, freshnessHours, ...options } = settings;
      return {
        dataset,
        locations,
        schedule,
        freshnessHours: freshnessHours ?? Math.max(3, gapOf(schedule)),
        options: parametersOf(dataset, options),
      };
    }),
  };
}

/** A flag that is off and a text that is not set are not sent: off is the provider's default. */
function parametersOf({ options }: Dataset, values: Readonly<Record<string, unknown>>) {
  const parameters = Object.entries(options).flatMap(([name, { parameter, type }]): [string, string][] => {
    const value = values[name];
    if (value === undefined || value === false) return [];
    return [[parameter, type === 'flag' ? 'yes' : String(value)]];
  });
  return Object.fromEntries(parameters);
}
