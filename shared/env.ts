import { keepsKeySecret } from './api-url.ts';
import { ConfigurationError } from './errors.ts';

/** The environment variables of each function. The stack supplies exactly these. */
export const fetchEnv = [
  'RAW_BUCKET',
  'API_KEY_SECRET',
  'WEATHERAPI_URL',
  'POWERTOOLS_METRICS_NAMESPACE',
] as const;
/** Of a function that a queue feeds. */
export const queueEnv = [
  'DEAD_LETTER_QUEUE_URL',
  'MAX_RECEIVE_COUNT',
  'POWERTOOLS_METRICS_NAMESPACE',
] as const;
export const convertEnv = ['RAW_BUCKET', 'CURATED_BUCKET', ...queueEnv] as const;
export const compactEnv = ['CURATED_BUCKET', 'COMPACTED_BUCKET', ...queueEnv] as const;
export const reconcileEnv = [
  'RAW_BUCKET',
  'CURATED_BUCKET',
  'COMPACTED_BUCKET',
  'QUEUE_URL',
  'DEAD_LETTER_QUEUE_URL',
  'COMPACT_QUEUE_URL',
  'COMPACT_DEAD_LETTER_QUEUE_URL',
  'POWERTOOLS_METRICS_NAMESPACE',
] as const;

export type Env<Names extends readonly string[]> = Record<Names[number], string>;

/** @throws {ConfigurationError} naming all missing and wrong variables */
export function readEnv<const Names extends readonly string[]>(
  names: Names,
  env: NodeJS.ProcessEnv = process.env,
): Env<Names> {
  const missing = names.filter((name) => !env[name]);
  const isWrong = (name: string, isRight: (value: string) => boolean) =>
    names.includes(name) && !!env[name] && !isRight(env[name]);
  const problems = [
    ...(missing.length > 0 ? [`Missing environment variables: ${missing.join(', ')}.`] : []),
    // With NaN, every comparison is false: a message would never be given up.
    ...(isWrong('MAX_RECEIVE_COUNT', (count) => /^[1-9]\d{0,3}$/.test(count))
      ? ['Expected a whole number, 1 to 9999, in: MAX_RECEIVE_COUNT.']
      : []),
    ...(isWrong('WEATHERAPI_URL', keepsKeySecret)
      ? ['Expected https://, or http:// to this computer, in: WEATHERAPI_URL. The key travels in the URL.']
      : []),
  ];
  if (problems.length > 0) {
    throw new ConfigurationError(
      `${problems.join(' ')} The stack sets them, so deploy it again: npx cdk deploy`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, env[name]])) as Env<Names>;
}
