import ky, { isForceRetryError, isNetworkError, isTimeoutError } from 'ky';
import type { ApiKey } from './api-key.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** How one call is made. Times in milliseconds. */
export interface CallLimits {
  /** Tries in all, the first one included. */
  readonly tries: number;
  /** For one try, body included. */
  readonly tryTimeout: number;
  /** Delay before the first retry; doubled for each further one, then a random part of it (full jitter). */
  readonly backoff: number;
  /** The longest `Retry-After` worth waiting for; a longer one skips the hour. */
  readonly maxRetryAfter: number;
  /** Bytes of body at most: a realtime answer has about 2 000. */
  readonly maxBody: number;
}

export const defaultLimits: CallLimits = {
  tries: 3,
  tryTimeout: 10_000,
  backoff: 1_000,
  maxRetryAfter: 60_000,
  maxBody: 1_048_576,
};

/** How a call ended: with data, or with the last verdict. `tries` counts the requests that were sent. */
export type Answer = { readonly tries: number } & (
  | { readonly kind: 'data'; readonly body: string }
  | Exclude<Verdict, { kind: 'data' }>
);

/**
 * WeatherAPI.com over HTTPS. The key travels in the query string, the only way that the provider documents: a URL,
 * and every error object that holds one, is a secret. None leaves this file; what leaves is a reason made of statuses,
 * codes and times.
 */
export class WeatherApi {
  readonly #baseUrl: string;
  readonly #key: ApiKey;
  readonly #limits: CallLimits;

  constructor(baseUrl: string, key: ApiKey, limits: CallLimits = defaultLimits) {
    this.#baseUrl = baseUrl;
    this.#key = key;
    this.#limits = limits;
  }

  /**
   * One call of an endpoint such as `current.json`, retried as the limits say. Never throws for what the API or the
   * network did; throws when the key itself cannot be read.
   * @param signal ends the call early, with a `retry` verdict
   */
  async call(endpoint: string, query: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    const { tries, tryTimeout, backoff, maxRetryAfter, maxBody } = this.#limits;
    const key = await this.#key.get();
    let body: string | undefined;
    let verdict: Verdict | undefined;
    let sent = 0;
    let renewed = false;
    try {
      await ky.get(endpoint, {
        prefix: this.#baseUrl,
        searchParams: { ...query, key },
        signal,
        redirect: 'manual',
        timeout: tryTimeout,
        retry: {
          limit: tries - 1,
          delay: (attempt) => backoff * 2 ** (attempt - 1),
          jitter: true,
          retryOnTimeout: true,
        },
        fetch: async (request, init) => {
          sent += 1;
          const { status, headers, body: stream } = await fetch(request, init);
          body = await textOf(stream, maxBody);
          verdict =
            body === undefined
              ? { kind: 'retry', reason: `HTTP ${status} with a body of more than ${maxBody} bytes` }
              : verdictOn(status, body);
          // The answer is judged above; ky only sees to the tries. A status of the provider's could be one that
          // `Response` refuses to be made with.
          return new Response(null, { headers });
        },
        hooks: {
          afterResponse: [
            async ({ request, response: { headers } }) => {
              if (verdict?.kind === 'retry') {
                const delay = retryAfter(headers);
                if (delay === undefined) return ky.retry();
                if (delay <= maxRetryAfter) return ky.retry({ delay });
                verdict = {
                  kind: 'retry',
                  reason: `${verdict.reason}, asking to wait ${Math.round(delay / 1000)} s`,
                };
              }
              if (verdict?.kind === 'key-refused' && !renewed) {
                renewed = true;
                const fresh = await this.#key.renew(key);
                if (fresh !== key) {
                  const url = new URL(request.url);
                  url.searchParams.set('key', fresh);
                  return ky.retry({ request: new Request(url, request), delay: 0 });
                }
              }
              return;
            },
          ],
        },
      });
      if (verdict?.kind === 'data' && body !== undefined) return { kind: 'data', body, tries: sent };
    } catch (error) {
      if (signal.aborted) verdict = { kind: 'retry', reason: abortReason(signal) };
      else if (isNetworkError(error) || isTimeoutError(error))
        verdict = { kind: 'retry', reason: describe(error, tryTimeout) };
      else if (!isForceRetryError(error)) throw withoutUrl(error); // else the last answer's verdict stands
    }
    if (!verdict || verdict.kind === 'data') throw new Error('WeatherAPI: a call ended without an answer.');
    return {
      ...verdict,
      reason: sent > 1 ? `${verdict.reason} (after ${sent} tries)` : verdict.reason,
      tries: sent,
    };
  }
}

/** A body as text, read within the try, so that one that is cut, slow or endless fails it. @returns undefined when too long */
async function textOf(body: Response['body'], maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Milliseconds from `Retry-After`: seconds, or an HTTP date. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const delay = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(delay) ? undefined : Math.max(0, delay);
}

/** A network error in words. Only its code is used: messages and properties of fetch's errors can hold the URL. */
function describe(error: unknown, tryTimeout: number): string {
  if (isTimeoutError(error)) return `no answer within ${tryTimeout / 1000} s`;
  for (let link = error as Caused | undefined; link; link = link.cause) {
    if (typeof link.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(link.code))
      return `connection failed: ${link.code}`;
  }
  return 'connection failed';
}

interface Caused {
  readonly code?: unknown;
  readonly cause?: Caused;
}

/** Why a run's signal ended its calls. */
export function abortReason(signal: AbortSignal): string {
  return typeof signal.reason === 'string' ? signal.reason : 'the run was out of time';
}

/** An unexpected error as something that can be logged: ky's hold the request, and so the key. */
function withoutUrl(error: unknown): unknown {
  return error instanceof Error && 'request' in error
    ? new Error(`WeatherAPI: unexpected ${error.name}`)
    : error;
}
