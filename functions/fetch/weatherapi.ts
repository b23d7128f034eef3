import { setTimeout as delay } from 'node:timers/promises';
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

/** What one try brought: data, or why there is none. */
type Brought = { readonly kind: 'data'; readonly body: string } | Exclude<Verdict, { kind: 'data' }>;

/** How a call ended: with what its last try brought. `tries` counts the requests that were sent. */
export type Answer = Brought & { readonly tries: number };

/**
 * WeatherAPI.com over HTTPS. The key travels in the query string, the only way that the provider documents: a URL,
 * and every error object that may hold one, is a secret. None leaves this file; what leaves is a reason made of
 * statuses, codes and times.
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
    const { tries, backoff, maxRetryAfter } = this.#limits;
    let key = await this.#key.get();
    let renewed = false;
    for (let sent = 1; ; sent++) {
      const { brought, retryAfter } = await this.#try(endpoint, query, key, signal);
      let pause = 0;
      if (brought.kind === 'retry') {
        if (retryAfter !== undefined && retryAfter > maxRetryAfter) {
          const wait = `asking to wait ${Math.round(retryAfter / 1000)} s`;
          return answer({ kind: 'retry', reason: `${brought.reason}, ${wait}` }, sent);
        }
        pause = retryAfter ?? Math.random() * backoff * 2 ** (sent - 1);
      } else if (brought.kind === 'key-refused' && !renewed) {
        renewed = true;
        const fresh = await this.#key.renew(key);
        if (fresh === key) return answer(brought, sent);
        key = fresh;
      } else {
        return answer(brought, sent);
      }
      if (sent === tries) return answer(brought, sent);
      try {
        await delay(pause, undefined, { signal });
      } catch {
        return answer({ kind: 'retry', reason: abortReason(signal) }, sent);
      }
    }
  }

  /** One request. Whatever the network does to it is a reason to try again. */
  async #try(
    endpoint: string,
    query: Record<string, string>,
    key: string,
    signal: AbortSignal,
  ): Promise<{ readonly brought: Brought; readonly retryAfter?: number | undefined }> {
    const { tryTimeout, maxBody } = this.#limits;
    const url = `${this.#baseUrl.replace(/\/$/, '')}/${endpoint}?${new URLSearchParams({ ...query, key })}`;
    const timeout = AbortSignal.timeout(tryTimeout);
    let response: Response;
    let body: string | undefined;
    try {
      response = await fetch(url, { redirect: 'manual', signal: AbortSignal.any([signal, timeout]) });
      body = await textOf(response.body, maxBody);
    } catch (error) {
      if (signal.aborted) return { brought: { kind: 'retry', reason: abortReason(signal) } };
      const reason = timeout.aborted ? `no answer within ${tryTimeout / 1000} s` : describe(error);
      return { brought: { kind: 'retry', reason } };
    }
    const brought = judge(response.status, body, { key, maxBody });
    return { brought, retryAfter: retryAfter(response.headers) };
  }
}

function answer(brought: Brought, tries: number): Answer {
  if (brought.kind === 'data' || tries === 1) return { ...brought, tries };
  return { ...brought, reason: `${brought.reason} (after ${tries} tries)`, tries };
}

/** @param body undefined when it was too long */
function judge(
  status: number,
  body: string | undefined,
  { key, maxBody }: { readonly key: string; readonly maxBody: number },
): Brought {
  if (body === undefined)
    return { kind: 'retry', reason: `HTTP ${status} with a body of more than ${maxBody} bytes` };
  const verdict = verdictOn(status, body);
  if (verdict.kind !== 'data') return verdict;
  if (!repeats(body, key)) return { kind: 'data', body };
  return { kind: 'location-failed', reason: `HTTP ${status}, but the body repeats the API key: not landed` };
}

/** Whether a body holds the key: as it is, as a URL has it, or as JSON has it. Raw objects are kept, and read by many. */
function repeats(body: string, key: string): boolean {
  const inUrl = String(new URLSearchParams({ key })).slice('key='.length);
  return [key, inUrl, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)].some((form) =>
    body.includes(form),
  );
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
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** A network error in words. Only its code is used: messages and properties of fetch's errors can hold the URL. */
function describe(error: unknown): string {
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
