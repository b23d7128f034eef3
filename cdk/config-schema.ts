import * as v from 'valibot';
import { defaultApiKeySecret } from '../shared/api-key-secret.ts';
import type { Dataset, Option } from '../shared/dataset.ts';
import { datasetNames, datasets } from '../shared/datasets.ts';
import { outlook } from '../shared/expected-runs.ts';
import { stageForm, stagePattern } from '../shared/stage.ts';

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
export const locations = v.pipe(
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
    v.strictObject(
      {
        /** Instead of those for all datasets. */
        locations: v.optional(locations),
        schedule: v.optional(schedule, dataset.schedule),
        freshnessHours: v.optional(freshnessHours),
        ...(Object.fromEntries(options) as Record<string, ReturnType<typeof schemaOf>>),
      },
      `expected settings, such as {} for the defaults`,
    ),
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

/** SQS's limit. */
const expectedDelay = 'expected a whole number of seconds, 0 to 900';

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
  /** Seconds until compact gets an event of curated. It saves work: the first event of a burst does that of all. */
  compactDelay: v.optional(
    v.pipe(
      v.number(expectedDelay),
      v.check((value) => Number.isInteger(value) && value >= 0 && value <= 900, expectedDelay),
    ),
    60,
  ),
  /** Where the tables read: from curated only while a stack of before gets its first compacted days. */
  tables: v.optional(v.picklist(['compacted', 'curated'], 'expected "compacted" or "curated"'), 'compacted'),
  /** For production: `cdk destroy` is refused, and the buckets outlive the stack. */
  retainData: flag(false),
});

/**
 * The `tdf` object of the context in `cdk.json`. A member that is not named here is refused, so that a misspelt one is
 * noticed.
 */
export const members = v.strictObject({
  ...ofStage.entries,
  /** Part of every name, so that several deployments live side by side in one account. */
  stage: v.optional(stageName, 'dev'),
  /** What other stages have instead, by their name: `{ "prod": { "locations": ["Oslo"] } }`. */
  stages: v.optional(v.record(stageName, v.partial(ofStage)), {}),
});

/** The longest time between two runs, in hours; 0 for a schedule that is refused anyway. */
export function gapOf(schedule: string): number {
  try {
    return outlook(schedule, new Date()).longestGap;
  } catch {
    return 0;
  }
}
