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
    const { tries, tryTimeout, backoff, maxRetryAfter } = this.#limits;
    let key = await this.#key.get();
    let verdict: Verdict | undefined;
    let sent = 0;
    let renewed = false;
    try {
      const response = await ky.get(endpoint, {
        prefix: this.#baseUrl,
        searchParams: { ...query, key },
        signal,
        redirect: 'manual',
        throwHttpErrors: false,
        timeout: tryTimeout,
        retry: {
          limit: tries - 1,
          delay: (attempt) => backoff * 2 ** (attempt - 1),
          jitter: true,
          retryOnTimeout: true,
        },
        fetch: async (request, init) => {
          sent += 1;
          return this.#readWhole(await fetch(request, init));
        },
        hooks: {
          afterResponse: [
            async ({ request, response }) => {
              verdict = verdictOn(response.status, await response.text());
              if (verdict.kind === 'retry') {
                const delay = retryAfter(response.headers);
                if (delay === undefined) return ky.retry();
                if (delay <= maxRetryAfter) return ky.retry({ delay });
                verdict = {
                  kind: 'retry',
                  reason: `${verdict.reason}, asking to wait ${Math.round(delay / 1000)} s`,
                };
              }
              if (verdict.kind === 'key-refused' && !renewed) {
                renewed = true;
                const fresh = await this.#key.renew(key);
                if (fresh !== key) {
                  key = fresh;
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
      if (verdict?.kind === 'data') return { kind: 'data', body: await response.text(), tries: sent };
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

  /** The response with its body in memory, so that a body that is cut, slow or endless fails the try and is retried. */
  async #readWhole(response: Response): Promise<Response> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > this.#limits.maxBody) {
        return new Response(`body of more than ${this.#limits.maxBody} bytes`, { status: 502 });
      }
      chunks.push(chunk);
    }
    const { status, headers } = response;
    return new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers });
  }
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
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return `connection failed: ${code}`;
  }
  return 'connection failed';
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
