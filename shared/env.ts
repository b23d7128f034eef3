import { keepsKeySecret } from './api-url.ts';
import { ConfigurationError } from './errors.ts';

/** What each function reads from its environment. The stack has to supply exactly these names. */
export const fetchEnv = [
  'RAW_BUCKET',
  'API_KEY_SECRET',
  'WEATHERAPI_URL',
  'POWERTOOLS_METRICS_NAMESPACE',
] as const;
export const convertEnv = [
  'RAW_BUCKET',
  'CURATED_BUCKET',
  'DEAD_LETTER_QUEUE_URL',
  'MAX_RECEIVE_COUNT',
  'POWERTOOLS_METRICS_NAMESPACE',
] as const;
export const reconcileEnv = [
  'RAW_BUCKET',
  'CURATED_BUCKET',
  'QUEUE_URL',
  'DEAD_LETTER_QUEUE_URL',
  'POWERTOOLS_METRICS_NAMESPACE',
] as const;

/** Those of them that are numbers. */
const counts: readonly string[] = ['MAX_RECEIVE_COUNT'];

/** The environment that a list of names asks for. */
export type Env<Names extends readonly string[]> = Record<Names[number], string>;

/** @throws {ConfigurationError} naming every missing or wrong variable at once. */
export function readEnv<const Names extends readonly string[]>(
  names: Names,
  env: NodeJS.ProcessEnv = process.env,
): Env<Names> {
  const missing = names.filter((name) => !env[name]);
  // What is no number compares as false with each one: a message would be given up at once, or never.
  const wrong = names.filter(
    (name) => env[name] && counts.includes(name) && !/^[1-9]\d{0,3}$/.test(env[name]),
  );
  const open = names.filter((name) => name === 'WEATHERAPI_URL' && env[name] && !keepsKeySecret(env[name]));
  const problems = [
    ...(missing.length > 0 ? [`Missing environment variables: ${missing.join(', ')}.`] : []),
    ...(wrong.length > 0 ? [`Expected a whole number, 1 to 9999, in: ${wrong.join(', ')}.`] : []),
    ...(open.length > 0
      ? [
          `Expected https://, or http:// to this computer, in: ${open.join(', ')}. The key travels in the URL.`,
        ]
      : []),
  ];
  if (problems.length > 0) {
    throw new ConfigurationError(`${problems.join(' ')} The stack sets them: deploy it again.`);
  }
  return Object.fromEntries(names.map((name) => [name, env[name]])) as Env<Names>;
}
