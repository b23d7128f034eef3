import * as v from 'valibot';
import { limits } from '../functions/fetch/limits.ts';
import { defaultApiKeySecret } from '../shared/api-key-secret.ts';
import { outlook } from '../shared/expected-runs.ts';
import { stageForm, stagePattern } from '../shared/stage.ts';

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

/** CloudWatch looks back one week at most, and one hour of that is slack for late metrics. */
export const maxFreshnessHours = 7 * 24 - 1;

const flag = v.optional(v.boolean('expected true or false'), false);
const location = v.pipe(
  v.string('expected a text, such as "-37.504136,145.744302" or "Melbourne"'),
  v.trim(),
  v.nonEmpty('expected a place, got an empty text'),
  v.maxLength(256, 'expected at most 256 characters'),
  v.regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected no control characters and no halves of characters'),
);

const stageName = v.pipe(v.string(), v.regex(stagePattern, `expected ${stageForm}`));

/** Everything that can be configured for one stage, with its default. */
const ofStage = v.strictObject({
  /** Places to fetch, as WeatherAPI's `q`: "lat,lon", a city, a postcode, "iata:…", "metar:…", "id:…". */
  locations: v.pipe(
    v.array(location, 'expected a list of places'),
    v.minLength(1, 'expected at least one place'),
    v.check((places) => new Set(places).size === places.length, 'expected each place once'),
    v.check(
      (places) => fitting(places) >= places.length,
      ({ input }) =>
        `expected at most ${fitting(input)} of these ${input.length} places: a run has time for ${maxPlaces}, its event room for 255 KB of them`,
    ),
  ),
  /** Ask for air quality too. */
  airQuality: flag,
  /** Ask for pollen too (WeatherAPI's Pro plan and above). */
  pollen: flag,
  /** Language of `condition_text`, such as "fr"; English when left out. */
  language: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z]{2,3}(_[a-z]+)?$/, 'expected a code such as "fr" or "zh_tw"')),
  ),
  /** When to fetch, in UTC: an EventBridge Scheduler expression. The default is each full hour. */
  schedule: v.optional(
    v.pipe(
      v.string(),
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        try {
          outlook(dataset.value, new Date());
        } catch (refused) {
          addIssue({ message: (refused as Error).message });
        }
      }),
    ),
    'cron(0 * * * ? *)',
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
  retainData: flag,
  /** Hours without anything landed after which the alarm rings. The default is 3, or the schedule's longest gap. */
  freshnessHours: v.optional(
    v.pipe(
      v.number('expected a number of hours'),
      v.integer('expected whole hours'),
      v.minValue(1, 'expected at least 1'),
      v.maxValue(maxFreshnessHours, `expected at most ${maxFreshnessHours}: CloudWatch looks back on a week`),
    ),
  ),
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

const schema = v.pipe(
  members,
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
  v.transform(({ freshnessHours, ...config }) => ({
    ...config,
    freshnessHours: freshnessHours ?? Math.max(3, gapOf(config.schedule)),
  })),
);

export type Config = Omit<v.InferOutput<typeof schema>, 'stages'>;

/**
 * The configuration of the context's stage: what stands under `stages` comes before what all stages have.
 * @throws {Error} naming every wrong value at once, what was expected and what came
 */
export function parseConfig(context: unknown = {}): Config {
  const { stage, own } = ofThisStage(context);
  const parsed = v.safeParse(schema, isObject(context) ? { ...context, ...own } : context);
  if (parsed.success) {
    const { stages: _, ...config } = parsed.output;
    return config;
  }
  const problems = parsed.issues
    .map((issue) => ({ ...issue, dotPath: v.getDotPath(issue) }))
    // What is wrong there is told once, of the values that are in use.
    .filter(({ dotPath }) => !dotPath?.startsWith(`stages.${stage}.`))
    .map((issue) => {
      const { dotPath: path } = issue;
      const isOwn = path !== null && Object.hasOwn(own, path.split('.', 1)[0] ?? '');
      const where = ['tdf', ...(isOwn ? ['stages', stage] : []), ...(path === null ? [] : [path])];
      return `  ${printable(`${where.join('.')}: ${expectation(issue)} (got ${gotten(issue)})`)}`;
    });
  throw new Error(`The configuration in cdk.json (context, "tdf") is wrong:\n${problems.join('\n')}`);
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

function expectation({ kind, expected, message }: v.BaseIssue<unknown>): string {
  // What a strict object says of a member that it does not know.
  return kind === 'schema' && expected === 'never'
    ? `there is no such setting; there are ${Object.keys(members.entries).join(', ')}`
    : message;
}

/** The value itself, as it stands in the file. */
function gotten({ path, input }: v.BaseIssue<unknown>): string {
  const text = JSON.stringify(path ? path.at(-1)?.value : input) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** How many of the places, from the first on, fit into one run and into the schedule's input. */
function fitting(places: readonly string[]): number {
  let bytes = 0;
  const over = places.findIndex((place) => {
    bytes += Buffer.byteLength(JSON.stringify(place)) + 1;
    return bytes > maxPlacesBytes;
  });
  return Math.min(maxPlaces, over < 0 ? places.length : over);
}

/** How many calls the schedule makes. */
export function callsPerMonth({ locations, schedule }: Config): {
  readonly calls: number;
  readonly text: string;
} {
  const calls = Math.ceil(outlook(schedule, new Date()).runsPerMonth * locations.length);
  return {
    calls,
    text: `${calls} calls of WeatherAPI a month (places: ${locations.length}, schedule: ${schedule}).`,
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
