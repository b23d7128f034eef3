import * as v from 'valibot';
import { defaultApiKeySecret } from '../shared/api-key-secret.ts';

const flag = v.optional(v.boolean('expected true or false'), false);
const location = v.pipe(
  v.string('expected a text, such as "-37.504136,145.744302" or "Melbourne"'),
  v.trim(),
  v.nonEmpty('expected a place, got an empty text'),
  v.maxLength(256, 'expected at most 256 characters'),
);

/**
 * Everything that can be configured, with its default: the `tdf` object of the context in `cdk.json`.
 * A member that is not named here is refused, so that a misspelt one is noticed.
 */
const schema = v.strictObject({
  /** Places to fetch, as WeatherAPI's `q`: "lat,lon", a city, a postcode, "iata:…", "metar:…", "id:…". */
  locations: v.pipe(
    v.array(location, 'expected a list of places'),
    v.minLength(1, 'expected at least one place'),
    v.check((places) => new Set(places).size === places.length, 'expected each place once'),
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
      v.regex(/^(cron|rate)\(.+\)$/, 'expected "cron(…)" or "rate(…)", such as "cron(0 * * * ? *)"'),
    ),
    'cron(0 * * * ? *)',
  ),
  /** Base URL of WeatherAPI or of something that answers like it. HTTPS only: the key travels in the query string. */
  apiUrl: v.optional(
    v.pipe(
      v.string(),
      v.url('expected a URL'),
      v.startsWith('https://', 'expected https://: the key travels in the URL'),
    ),
    'https://api.weatherapi.com/v1',
  ),
  /** Name of the secret in Secrets Manager whose text is the API key. It is not part of the stack. */
  secretName: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'expected letters, digits and /_+=.@-')),
    defaultApiKeySecret,
  ),
  /** Part of every name, so that several deployments live side by side in one account. */
  stage: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[a-z][a-z0-9-]{0,19}$/, 'expected up to 20 of a-z, 0-9 and -, beginning with a letter'),
    ),
    'dev',
  ),
  /** For production: `cdk destroy` is refused, and the buckets outlive the stack. */
  retainData: flag,
  /** Hours without anything landed after which the alarm rings. */
  freshnessHours: v.optional(
    v.pipe(
      v.number('expected a number of hours'),
      v.integer('expected whole hours'),
      v.minValue(1, 'expected at least 1'),
      v.maxValue(24, 'expected at most 24'),
    ),
    3,
  ),
});

export type Config = v.InferOutput<typeof schema>;

/** @throws {Error} naming every wrong value at once, what was expected and what came */
export function parseConfig(context: unknown): Config {
  const parsed = v.safeParse(schema, context ?? {});
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map(
    (issue) => `  tdf.${v.getDotPath(issue) ?? ''}: ${issue.message} (got ${issue.received})`,
  );
  throw new Error(`The configuration in cdk.json (context, "tdf") is wrong:\n${problems.join('\n')}`);
}
