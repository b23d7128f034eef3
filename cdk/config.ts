import * as v from 'valibot';
import type { Dataset } from '../shared/dataset.ts';
import { datasetNamed, datasetNames, datasets } from '../shared/datasets.ts';
import { gapOf, locations, members } from './config-schema.ts';
import { inNewForm, isObject } from './old-config.ts';
import { fitting, placesPerRun } from './run-size.ts';

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
    const { problems } = parse(renewed.context);
    const also = problems.length > 0 ? `\nThis is also wrong in it:\n${problems.join('\n')}` : '';
    throw new Error(
      `${head} has ${renewed.moved.join(', ')}, which now belong to a dataset. Write instead:\n${json}${also}`,
    );
  }
  const { problems, output } = parse(context);
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

/** @returns one line per problem */
function parse(context: unknown) {
  const { stage, own } = ofThisStage(context);
  const all = isObject(context) ? { ...context, ...own } : context;
  const { issues = [], success, output } = v.safeParse(members, all);
  const where = (path: string | null) => {
    const isOwn = path !== null && Object.hasOwn(own, path.split('.', 1)[0] ?? '');
    return ['tdf', ...(isOwn ? ['stages', stage] : []), ...(path === null ? [] : [path])].join('.');
  };
  const problems = [
    ...issues
      .map((issue) => ({ issue, path: v.getDotPath(issue) }))
      // Reported once, for the values in use.
      .filter(({ path }) => !path?.startsWith(`stages.${stage}.`))
      .map(({ issue, path }) => `${where(path)}: ${expectation(issue)} (got ${gotten(issue)})`),
    ...placesProblems(all).map(({ path, problem }) => `${where(path)}: ${problem}`),
  ];
  return {
    problems: problems.map((problem) => `  ${printable(problem)}`),
    output: success ? output : undefined,
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

/** Datasets without places, or with more than fit into a run. The context may be wrong in other ways too. */
function placesProblems(context: unknown): { readonly path: string; readonly problem: string }[] {
  if (!isObject(context) || !isObject(context.datasets)) return [];
  const named = context.datasets;
  return datasets.flatMap((dataset) => {
    const settings = named[dataset.name];
    if (!isObject(settings)) return [];
    const path = `datasets.${dataset.name}.locations`;
    if (settings.locations === undefined && context.locations === undefined) {
      const problem = 'expected places, here or in "locations" for all datasets (got nothing)';
      return { path, problem };
    }
    const places = v.safeParse(locations, settings.locations ?? context.locations);
    if (!places.success) return [];
    const count = places.output.length;
    const fit = fitting(dataset, places.output);
    if (fit >= count) return [];
    return {
      path: settings.locations === undefined ? 'locations' : path,
      problem: `expected at most ${fit} of these ${count} places: a run of ${dataset.name} has time and disk for ${placesPerRun(dataset)}, its event room for 255 KB of them`,
    };
  });
}

/** What a context that may be wrong has under `stages` for its stage. */
function ofThisStage(context: unknown): { readonly stage: string; readonly own: object } {
  const { stage = 'dev', stages } = isObject(context) ? context : {};
  const own = isObject(stages) && Object.hasOwn(stages, String(stage)) ? stages[String(stage)] : undefined;
  return { stage: String(stage), own: isObject(own) ? own : {} };
}

function expectation({ kind, expected, message, path = [] as never }: v.BaseIssue<unknown>): string {
  // The issue that a strict object raises for an unknown member.
  if (kind !== 'schema' || expected !== 'never') return message;
  const keys = path.map(({ key }) => String(key));
  const [, dataset = '', setting] = keys.slice(keys[0] === 'stages' ? 2 : 0);
  if (dataset === '') return `there is no such setting; there are ${Object.keys(members.entries).join(', ')}`;
  if (setting === undefined) return `there is no such dataset; there are ${datasetNames.join(', ')}`;
  const options = Object.keys(datasetNamed(dataset)?.options ?? {});
  return `there is no such setting; there are ${['locations', 'schedule', 'freshnessHours', ...options].join(', ')}`;
}

/** The value itself, as it stands in the file. */
function gotten({ path, input }: v.BaseIssue<unknown>): string {
  const text = JSON.stringify(path ? path.at(-1)?.value : input) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** One line per problem, whatever was written. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, '\uFFFD');
}
