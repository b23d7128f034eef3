import * as v from 'valibot';
import { datasetNamed, datasetNames, datasets } from '../shared/datasets.ts';
import { locations, members } from './config-schema.ts';
import { isObject } from './old-config.ts';
import { fitting, placesPerRun } from './run-size.ts';

/** @returns what the context says for its stage if it is right, and one line per problem */
export function parsed(context: unknown) {
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
