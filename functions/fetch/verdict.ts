/**
 * What an answer of WeatherAPI.com means for the run. The source is the error table of
 * https://www.weatherapi.com/docs/#intro-error-codes; this file is the only place that knows it.
 */
export type Verdict =
  /** Data: land it. */
  | { readonly kind: 'data' }
  /** Passing trouble of theirs: try again, and in the end skip the place for this hour. */
  | { readonly kind: 'retry'; readonly reason: string }
  /** The key was refused: read the secret again, it may have been rotated; then stop. */
  | { readonly kind: 'key-refused'; readonly reason: string }
  /** The month's calls are spent: skip the hour, nothing is wrong here. */
  | { readonly kind: 'quota-spent'; readonly reason: string }
  /** This place cannot be fetched; the others can. Somebody has to mend the configuration. */
  | { readonly kind: 'location-failed'; readonly reason: string }
  /** Nothing can be fetched until somebody mends the configuration or the key. */
  | { readonly kind: 'run-failed'; readonly reason: string };

const kindOfCode: Readonly<Record<number, Exclude<Verdict['kind'], 'data'>>> = {
  1002: 'run-failed', // no key given
  1003: 'location-failed', // no q
  1005: 'location-failed', // bad URL
  1006: 'location-failed', // no such location
  2006: 'key-refused', // key invalid
  2007: 'quota-spent', // monthly quota
  2008: 'run-failed', // key disabled
  2009: 'run-failed', // not in the plan
  9000: 'run-failed', // bad bulk body
  9001: 'run-failed', // too many bulk locations
  9999: 'retry', // internal error of theirs
};

/** @param body the whole body, as text. An error body counts as an error whatever the status is. */
export function verdictOn(status: number, body: string): Verdict {
  const answer = parseObject(body);
  const error = errorIn(answer);
  const reason = `HTTP ${status}${error ? ` code ${error.code}: ${error.message}` : ''}`;
  const byCode = error && kindOfCode[error.code];
  if (byCode) return { kind: byCode, reason };
  if (status === 429 || status === 408 || status >= 500) return { kind: 'retry', reason };
  if (status === 401) return { kind: 'key-refused', reason };
  // A redirect is not followed: the key travels in the query string and would go along to whoever is named.
  if (status >= 300 && status < 400)
    return { kind: 'run-failed', reason: `${reason}: a redirect, which is never followed` };
  if (status >= 400 || error) return { kind: 'location-failed', reason };
  if (!answer) return { kind: 'retry', reason: `${reason}, but the body is not a JSON object` };
  return { kind: 'data' };
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // Not JSON is an answer like any other here: the verdict names it.
  }
}

/** The provider's error in an answer, if it is one: `{"error":{"code":1006,"message":"No matching location found."}}`. */
function errorIn(answer: Record<string, unknown> | undefined): { code: number; message: string } | undefined {
  const error = answer?.error;
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { code: Number(code), message: String(message) };
}
