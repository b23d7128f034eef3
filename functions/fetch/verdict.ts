/**
 * What an answer of WeatherAPI.com means for the run. The source is the error table of
 * https://www.weatherapi.com/docs/#intro-error-codes; this file is the only place that knows it.
 */
export type Verdict =
  /** Not an error: data, if convert accepts it. */
  { readonly kind: 'data' } | Refusal;

/**
 * Why there is no data:
 * - `transient`: passing trouble of theirs, worth another try for as long as the run has patience
 * - `refused`: an answer that makes no sense, worth a few tries
 * - `key-refused`: read the secret again, it may have been rotated; then stop
 * - `quota-spent`: the month's calls are spent; skip the hour, nothing is wrong here
 * - `location-failed`: this place cannot be fetched, the others can; somebody has to fix the configuration
 * - `run-failed`: nothing can be fetched until somebody fixes the configuration or the key
 */
export interface Refusal {
  readonly kind: 'transient' | 'refused' | 'key-refused' | 'quota-spent' | 'location-failed' | 'run-failed';
  readonly reason: string;
}

/**
 * What each documented code means. A reason says it in these words and never in the answer's own: a gateway's message
 * can repeat the URL, and so the key.
 */
const codes: Readonly<Record<number, { kind: Refusal['kind']; meaning: string }>> = {
  1002: { kind: 'run-failed', meaning: 'API key is not given' },
  1003: { kind: 'location-failed', meaning: 'location is missing' },
  1005: { kind: 'location-failed', meaning: 'request URL is invalid' },
  1006: { kind: 'location-failed', meaning: 'no such location' },
  2006: { kind: 'key-refused', meaning: 'API key is invalid' },
  2007: { kind: 'quota-spent', meaning: 'the calls of this month are spent' },
  2008: { kind: 'run-failed', meaning: 'API key has been disabled' },
  2009: { kind: 'run-failed', meaning: 'the plan does not include this' },
  9000: { kind: 'run-failed', meaning: 'bulk body is invalid' },
  9001: { kind: 'run-failed', meaning: 'too many locations in the bulk body' },
  9999: { kind: 'transient', meaning: 'internal error of the provider' },
};

/** @param body the whole body, as text. An error body counts as an error whatever the status is. */
export function verdictOn(status: number, body: string): Verdict {
  const error = errorIn(body);
  const isError = error !== undefined && error !== null;
  const code = isError ? codeOf(error) : undefined;
  const known = code === undefined ? undefined : codes[code];
  const reason = `HTTP ${status}${code === undefined ? '' : ` code ${code}`}${known ? `: ${known.meaning}` : ''}`;
  if (known) return { kind: known.kind, reason };
  if (status === 429 || status === 408 || status >= 500) return { kind: 'transient', reason };
  if (status === 401) return { kind: 'key-refused', reason };
  // A redirect is not followed: the key travels in the query string and would go along to whoever is named.
  if (status >= 300 && status < 400)
    return { kind: 'run-failed', reason: `${reason}: a redirect, which is never followed` };
  if (status >= 400) return { kind: 'location-failed', reason };
  if (isError) return { kind: 'location-failed', reason: `${reason}, but the body is an error` };
  return { kind: 'data' };
}

/** The member `error` of a body that is a JSON object. */
function errorIn(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined;
  } catch {
    return undefined; // A body that is not JSON names no error; convert's reader refuses it.
  }
}

/** The code in the provider's error: `{"code":1006,"message":"No matching location found."}`. */
function codeOf(error: unknown): number | undefined {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? Number(error.code) : Number.NaN;
  return Number.isInteger(code) ? code : undefined;
}
