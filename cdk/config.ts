import { Size } from 'aws-cdk-lib';
import * as v from 'valibot';
import { limits } from '../functions/fetch/limits.ts';
import { defaultApiKeySecret } from '../shared/api-key-secret.ts';
import type { Dataset, Option } from '../shared/dataset.ts';
import { datasetNamed, datasetNames, datasets } from '../shared/datasets.ts';
import { outlook } from '../shared/expected-runs.ts';
import { stageForm, stagePattern } from '../shared/stage.ts';
import { inNewForm } from './old-config.ts';

/**
 * Places that fit into a run: so many at once, in its time less that for further passes and for landing what came. An
 * answer takes a fraction of the 1.5 s that each may take here.
 */
export const maxPlaces = Math.floor(
  (limits.concurrency * (limits.timeout - limits.patience - limits.landing)) / 1500,
);
/**
 * Bytes of the places as JSON. A schedule's input is what Lambda takes as an asynchronous event, 256 KB at most; the
 * rest of it has less than 1 KB.
 */
const maxPlacesBytes = 255 * 1024;

/** Lambda's. */
const maxDisk = Size.gibibytes(10);

/** CloudWatch looks back one week at most, and one hour of that is slack for late metrics. */
export const maxFreshnessHours = 7 * 24 - 1;

const flag = (otherwise: boolean) => v.optional(v.boolean('expected true or false'), otherwise);
const location = v.pipe(
  v.string('expected a text, such as "-37.504136,145.744302" or "Melbourne"'),
  v.trim(),
  v.nonEmpty('expected a place, got an empty text'),
  v.maxLength(256, 'expected at most 256 characters'),
  v.regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected no control characters and no halves of characters'),
);
/** Places to fetch, as WeatherAPI's `q`: "lat,lon", a city, a postcode, "iata:…", "metar:…", "id:…". */
const locations = v.pipe(
  v.array(location, 'expected a list of places'),
  v.minLength(1, 'expected at least one place'),
  v.check((places) => new Set(places).size === places.length, 'expected each place once'),
);

const stageName = v.pipe(v.string(), v.regex(stagePattern, `expected ${stageForm}`));

/** When to fetch, in UTC: an EventBridge Scheduler expression. */
const schedule = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      outlook(dataset.value, new Date());
    } catch (refused) {
      addIssue({ message: (refused as Error).message });
    }
  }),
);

/** Hours without anything landed after which the alarm rings. The default is 3, or the schedule's longest gap. */
const freshnessHours = v.pipe(
  v.number('expected a number of hours'),
  v.integer('expected whole hours'),
  v.minValue(1, 'expected at least 1'),
  v.maxValue(maxFreshnessHours, `expected at most ${maxFreshnessHours}: CloudWatch looks back on a week`),
);

/** What can be configured for one dataset; the rest are the options that it declares. */
function settingsOf(dataset: Dataset) {
  const options = Object.entries(dataset.options).map(([name, option]) => [name, schemaOf(option)]);
  return v.pipe(
    v.strictObject({
      /** Instead of those for all datasets. */
      locations: v.optional(locations),
      schedule: v.optional(schedule, dataset.schedule),
      freshnessHours: v.optional(freshnessHours),
      ...(Object.fromEntries(options) as Record<string, ReturnType<typeof schemaOf>>),
    }),
    v.forward(
      v.partialCheck(
        [['schedule'], ['freshnessHours']],
        // Where the gap is longer than CloudWatch can watch, there is no such alarm.
        ({ schedule, freshnessHours }) => {
          const gap = gapOf(schedule);
          return freshnessHours === undefined || freshnessHours >= gap || gap > maxFreshnessHours;
        },
        ({ input: { schedule } }) =>
          `expected at least ${gapOf(schedule)}, the hours of the longest gap of ${schedule}`,
      ),
      ['freshnessHours'],
    ),
  );
}

function schemaOf(option: Option) {
  switch (option.type) {
    case 'flag':
      return flag(option.default);
    case 'number': {
      const { least, most } = option;
      const expected = `expected a whole number, ${least} to ${most}`;
      const number = v.pipe(
        v.number(expected),
        v.check((value) => Number.isInteger(value) && value >= least && value <= most, expected),
      );
      return v.optional(number, option.default);
    }
    case 'text':
      return v.optional(v.pipe(v.string(), v.regex(option.pattern, `expected ${option.expected}`)));
  }
}

const anExample = JSON.stringify({ [datasetNames[0] ?? '']: {} });
const settings = v.strictObject(
  Object.fromEntries(datasets.map((dataset) => [dataset.name, v.optional(settingsOf(dataset))])),
  `expected settings by dataset, such as ${anExample}; there are ${datasetNames.join(', ')}`,
);

/** Everything that can be configured for one stage, with its default. */
const ofStage = v.strictObject({
  /** Of every dataset that has none of its own. */
  locations: v.optional(locations),
  /** What to fetch: each dataset that is named here. */
  datasets: v.optional(
    v.pipe(
      settings,
      v.check(
        (named) => Object.keys(named).length > 0,
        `expected at least one of ${datasetNames.join(', ')}, such as ${anExample}`,
      ),
    ),
    {},
  ),
  /** Base URL of WeatherAPI or of something that answers like it. HTTPS only: the key travels in the query string. */
  apiUrl: v.optional(
    v.pipe(
      v.string(),
      v.url('expected a URL'),
      v.startsWith('https://', 'expected https://: the key travels in the URL'),
      // The endpoint and the query, with the key in it, are put behind it.
      v.regex(/^[^\s\p{Cc}?#@\\]*$/u, 'expected no user, no query, no fragment and no white space'),
    ),
    'https://api.weatherapi.com/v1',
  ),
  /** Name of the secret in Secrets Manager whose text is the API key. It is not part of the stack. */
  secretName: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'expected letters, digits and /_+=.@-')),
    defaultApiKeySecret,
  ),
  /** For production: `cdk destroy` is refused, and the buckets outlive the stack. */
  retainData: flag(false),
});

/**
 * The `tdf` object of the context in `cdk.json`. A member that is not named here is refused, so that a misspelt one is
 * noticed.
 */
const members = v.strictObject({
  ...ofStage.entries,
  /** Part of every name, so that several deployments live side by side in one account. */
  stage: v.optional(stageName, 'dev'),
  /** What other stages have instead, by their name: `{ "prod": { "locations": ["Oslo"] } }`. */
  stages: v.optional(v.record(stageName, v.partial(ofStage)), {}),
});

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
    const also = problems.length > 0 ? `\nIn it, this is wrong:\n${problems.join('\n')}` : '';
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
      // What is wrong there is told once, of the values that are in use.
      .filter(({ path }) => !path?.startsWith(`stages.${stage}.`))
      .map(({ issue, path }) => `${where(path)}: ${expectation(issue)} (got ${gotten(issue)})`),
    ...placesProblems(all).map(({ path, problem }) => `${where(path)}: ${problem}`),
  ];
  return {
    problems: problems.map((problem) => `  ${printable(problem)}`),
    output: success ? output : undefined,
  };
}

/** The provider's own default of a flag is no, and a text that is not set is not sent. */
function parametersOf({ options }: Dataset, values: Readonly<Record<string, unknown>>) {
  const parameters = Object.entries(options).flatMap(([name, { parameter, type }]): [string, string][] => {
    const value = values[name];
    if (value === undefined || value === false) return [];
    return [[parameter, type === 'flag' ? 'yes' : String(value)]];
  });
  return Object.fromEntries(parameters);
}

/** Datasets without places, or with more than fit into a run. Of what may be wrong in other ways, too. */
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
      problem: `expected at most ${fit} of these ${count} places: a run of ${dataset.name} has time for ${maxPlaces} and disk for ${placesOnDisk(dataset)}, its event room for 255 KB of them`,
    };
  });
}

/** What a context that may be wrong has under `stages` for its stage. */
function ofThisStage(context: unknown): { readonly stage: string; readonly own: object } {
  const { stage = 'dev', stages } = isObject(context) ? context : {};
  const own = isObject(stages) && Object.hasOwn(stages, String(stage)) ? stages[String(stage)] : undefined;
  return { stage: String(stage), own: isObject(own) ? own : {} };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expectation({ kind, expected, message, path = [] as never }: v.BaseIssue<unknown>): string {
  // What a strict object says of a member that it does not know.
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

/** How many of the places, from the first on, fit into one run and into the schedule's input. */
function fitting(dataset: Dataset, places: readonly string[]): number {
  let bytes = 0;
  const over = places.findIndex((place) => {
    bytes += Buffer.byteLength(JSON.stringify(place)) + 1;
    return bytes > maxPlacesBytes;
  });
  return Math.min(maxPlaces, placesOnDisk(dataset), over < 0 ? places.length : over);
}

/** Places whose answers fit on the largest disk that a function can have, were they as long as can be. */
function placesOnDisk(dataset: Dataset): number {
  return Math.floor(maxDisk.toBytes() / dataset.maxAnswerBytes);
}

/** How many calls the schedules make. */
export function callsPerMonth({ datasets }: Pick<Config, 'datasets'>): {
  readonly calls: number;
  readonly text: string;
} {
  const all = datasets.map(({ dataset, locations, schedule }) => {
    const calls = Math.ceil(outlook(schedule, new Date()).runsPerMonth * locations.length);
    return {
      calls,
      text: `${dataset.name} ${calls} (places: ${locations.length}, schedule: ${schedule})`,
    };
  });
  const calls = all.reduce((sum, of) => sum + of.calls, 0);
  return {
    calls,
    text: `${calls} calls of WeatherAPI a month: ${all.map(({ text }) => text).join(', ')}.`,
  };
}

/** The longest time between two runs, in hours; 0 for a schedule that is refused anyway. */
function gapOf(schedule: string): number {
  try {
    return outlook(schedule, new Date()).longestGap;
  } catch {
    return 0;
  }
}

/** One line per problem, whatever was written. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, '\uFFFD');
}
