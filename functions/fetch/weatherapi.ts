import type { Dataset } from '../../shared/dataset.ts';
import { refusalOf } from '../reader/acceptance.ts';
import type { ApiKey } from './api-key.ts';
import { limits } from './limits.ts';
import { type Refusal, verdictOn } from './verdict.ts';

export type Answer = Reply & { readonly tries: number };

type Reply = { readonly kind: 'data'; readonly line: Uint8Array } | Unanswered;

export interface Unanswered extends Refusal {
  /** Milliseconds that the provider asks us to wait. */
  readonly retryAfter?: number | undefined;
}

/**
 * WeatherAPI.com over HTTPS. The provider documents no way to send the key but in the query string. So URLs, and errors
 * that may hold one, are secret and never leave this file. Reasons are made of statuses, codes and times.
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
   * Asks once, and once more if the key was refused and the secret holds a new one. Throws only when the key cannot be
   * read: trouble with the API or the network is part of the answer.
   */
  async call(dataset: Dataset, query: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    const key = await this.#key.get();
    const reply = await this.#try(dataset, query, key, signal);
    if (reply.kind !== 'key-refused') return { ...reply, tries: 1 };
    const fresh = await this.#key.renew(key);
    if (fresh === key) return { ...reply, tries: 1 };
    return { ...(await this.#try(dataset, query, fresh, signal)), tries: 2 };
  }

  async #try(
    dataset: Dataset,
    query: Record<string, string>,
    key: string,
    signal: AbortSignal,
  ): Promise<Reply> {
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
    const reply = judge(dataset, response.status, body, key);
    const wait = retryAfter(response.headers);
    if (reply.kind === 'data' || !wait) return reply;
    const reason = `${reply.reason}, asking to wait ${Math.ceil(wait / 1000)} s`;
    return { ...reply, reason, retryAfter: wait };
  }
}

function judge(dataset: Dataset, status: number, body: Buffer | undefined, key: string): Reply {
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
  // As it was sent: in a text, a line break is not JSON, and a space would make it so.
  const refusal = refusalOf(body, dataset);
  if (refusal === undefined) return { kind: 'data', line: lineOf(body) };
  return { kind: 'refused', reason: `HTTP ${status}, but convert would refuse the body: ${refusal}` };
}

/** Whether a body holds the key: as it is, in a URL, or in JSON. Many people can read raw objects. */
function repeats(body: Buffer, key: string): boolean {
  const inUrl = String(new URLSearchParams({ key })).slice('key='.length);
  return [key, inUrl, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)].some((form) =>
    body.includes(form),
  );
}

/** Drops a byte-order mark and turns line breaks into spaces. In JSON, they occur only between tokens. */
function lineOf(body: Buffer): Uint8Array {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.subarray(hasMark ? 3 : 0).map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte));
}

/** @returns undefined when the body is too long */
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

/** Milliseconds. The header holds seconds or an HTTP date. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** Uses only the error's code: messages and properties of fetch's errors can hold the URL. */
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

export function abortReason(signal: AbortSignal): string {
  return typeof signal.reason === 'string' ? signal.reason : 'the run was out of time';
}
