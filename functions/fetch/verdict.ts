/** What an answer of WeatherAPI.com means for the run: https://www.weatherapi.com/docs/#intro-error-codes */
type Verdict = { readonly kind: 'data' } | Refusal;

/**
 * Why there is no data:
 * - `transient`: worth another try for as long as the run has patience
 * - `refused`: the answer makes no sense; worth a few tries
 * - `key-refused`: read the secret again in case it was rotated, then stop
 * - `quota-spent`: the month's calls are spent; skip the hour
 * - `redirected`: as `location-failed`, unless every place is: then as `run-failed`
 * - `location-failed`: somebody has to fix this place in the configuration; the others can be fetched
 * - `disk-full`: the run is too large for the function's disk; land what came
 * - `run-failed`: somebody has to fix the key, the plan or the configuration before anything can be fetched
 */
export interface Refusal {
  readonly kind:
    | 'transient'
    | 'refused'
    | 'key-refused'
    | 'quota-spent'
    | 'redirected'
    | 'location-failed'
    | 'disk-full'
    | 'run-failed';
  readonly reason: string;
}

/** The provider's codes, documented or known from its clients, in our words: a gateway's own message can repeat the URL, and with it the key. */
const codes: Readonly<Record<number, { kind: Refusal['kind']; meaning: string }>> = {
  1002: { kind: 'run-failed', meaning: 'API key is not given' },
  1003: { kind: 'location-failed', meaning: 'location is missing' },
  1005: { kind: 'location-failed', meaning: 'request URL is invalid' },
  1006: { kind: 'location-failed', meaning: 'no such location' },
  1007: { kind: 'location-failed', meaning: 'the day or the number of days is not valid' },
  1008: { kind: 'run-failed', meaning: 'the plan does not include this' },
  2006: { kind: 'key-refused', meaning: 'API key is invalid' },
  2007: { kind: 'quota-spent', meaning: 'the calls of this month are spent' },
  2008: { kind: 'run-failed', meaning: 'API key has been disabled' },
  2009: { kind: 'run-failed', meaning: 'the plan does not include this' },
  9000: { kind: 'run-failed', meaning: 'bulk body is invalid' },
  9001: { kind: 'run-failed', meaning: 'too many locations in the bulk body' },
  9999: { kind: 'transient', meaning: 'internal error of the provider' },
};

/** An error in the body counts whatever the status is. */
export function verdictOn(status: number, body: string): Verdict {
  const error = errorIn(body);
  const isError = error !== undefined && error !== null;
  const code = isError ? codeOf(error) : undefined;
  const known = code === undefined ? undefined : codes[code];
  const reason = `HTTP ${status}${code === undefined ? '' : ` code ${code}`}${known ? `: ${known.meaning}` : ''}`;
  if (known) return { kind: known.kind, reason };
  if (status === 429 || status === 408 || status >= 500) return { kind: 'transient', reason };
  if (status === 401) return { kind: 'key-refused', reason };
  // Not followed: the URL, and the key in it, would go to whoever the redirect names.
  if (status >= 300 && status < 400)
    return { kind: 'redirected', reason: `${reason}: a redirect, which is never followed` };
  if (status >= 400) return { kind: 'location-failed', reason };
  if (isError) return { kind: 'refused', reason: `${reason}, but the body is an error` };
  return { kind: 'data' };
}

function errorIn(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined;
  } catch {
    return undefined; // Convert's reader will refuse a body that is not JSON.
  }
}

function codeOf(error: unknown): number | undefined {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? Number(error.code) : Number.NaN;
  return Number.isInteger(code) ? code : undefined;
}
