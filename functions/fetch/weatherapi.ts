import type { Dataset } from '../../shared/dataset.ts';
import { refusalOf } from '../reader/acceptance.ts';
import type { ApiKey } from './api-key.ts';
import { limits } from './limits.ts';
import { type Refusal, verdictOn } from './verdict.ts';

/** What a call brought: a line for the raw object, or why there is none. `tries` counts the requests that were sent. */
export type Answer = Brought & { readonly tries: number };

type Brought = { readonly kind: 'data'; readonly line: Uint8Array } | Unanswered;

export interface Unanswered extends Refusal {
  /** Milliseconds that the provider asks to wait. */
  readonly retryAfter?: number | undefined;
}

/**
 * WeatherAPI.com over HTTPS. The key travels in the query string, the only way that the provider documents: a URL,
 * and every error object that may hold one, is a secret. None leaves this file; what leaves is a reason made of
 * statuses, codes and times.
 */
export class WeatherApi {
  readonly #baseUrl: string;
  readonly #key: ApiKey;
  readonly #tryTimeout: number;

  constructor(baseUrl: string, key: ApiKey, tryTimeout: number = limits.tryTimeout) {
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#key = key;
    this.#tryTimeout = tryTimeout;
  }

  /**
   * Asks a dataset's endpoint once; once more when the key was refused and the secret holds another one by now. Never
   * throws for what the API or the network did; throws when the key itself cannot be read.
   * @param signal ends the call early, as transient trouble
   */
  async call(dataset: Dataset, query: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    const key = await this.#key.get();
    const brought = await this.#try(dataset, query, key, signal);
    if (brought.kind !== 'key-refused') return { ...brought, tries: 1 };
    const fresh = await this.#key.renew(key);
    if (fresh === key) return { ...brought, tries: 1 };
    return { ...(await this.#try(dataset, query, fresh, signal)), tries: 2 };
  }

  /** One request. Whatever the network does to it is transient. */
  async #try(
    dataset: Dataset,
    query: Record<string, string>,
    key: string,
    signal: AbortSignal,
  ): Promise<Brought> {
    const url = `${this.#baseUrl}/${dataset.endpoint}?${new URLSearchParams({ ...query, key })}`;
    const timeout = AbortSignal.timeout(this.#tryTimeout);
    let response: Response;
    let body: Buffer | undefined;
    try {
      response = await fetch(url, { redirect: 'manual', signal: AbortSignal.any([signal, timeout]) });
      body = await bytesOf(response.body, dataset.maxAnswerBytes);
    } catch (error) {
      if (signal.aborted) return { kind: 'transient', reason: abortReason(signal) };
      const reason = timeout.aborted ? `no answer within ${this.#tryTimeout / 1000} s` : describe(error);
      return { kind: 'transient', reason };
    }
    const brought = judge(dataset, response.status, body, key);
    const wait = retryAfter(response.headers);
    if (brought.kind === 'data' || !wait) return brought;
    const reason = `${brought.reason}, asking to wait ${Math.ceil(wait / 1000)} s`;
    return { ...brought, reason, retryAfter: wait };
  }
}

/** @param body undefined when it was too long */
function judge(dataset: Dataset, status: number, body: Buffer | undefined, key: string): Brought {
  const verdict = verdictOn(status, body?.toString() ?? '');
  if (verdict.kind !== 'data') return verdict;
  if (body === undefined) {
    const reason = `HTTP ${status} with a body of more than ${dataset.maxAnswerBytes} bytes`;
    return { kind: 'refused', reason };
  }
  if (repeats(body, key)) {
    const reason = `HTTP ${status}, but the body repeats the API key: not landed`;
    return { kind: 'location-failed', reason };
  }
  const line = lineOf(body);
  const refusal = refusalOf(line, dataset);
  if (refusal === undefined) return { kind: 'data', line };
  return { kind: 'refused', reason: `HTTP ${status}, but convert would refuse the body: ${refusal}` };
}

/** Whether a body holds the key: as it is, as a URL has it, or as JSON has it. Raw objects are kept, and read by many. */
function repeats(body: Buffer, key: string): boolean {
  const inUrl = String(new URLSearchParams({ key })).slice('key='.length);
  return [key, inUrl, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)].some((form) =>
    body.includes(form),
  );
}

/**
 * A body as one line, byte for byte, but for a byte-order mark and line breaks. A line break in JSON stands between
 * tokens, so a space says the same.
 */
function lineOf(body: Buffer): Uint8Array {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.subarray(hasMark ? 3 : 0).map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte));
}

/** A body, read within the try, so that one that is cut, slow or endless fails it. @returns undefined when too long */
async function bytesOf(body: Response['body'], maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
