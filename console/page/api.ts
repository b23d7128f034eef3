import type { Action, LiveEvent } from '../api.ts';

/** What the server said instead of an answer, as a sentence. */
export class ApiError extends Error {
  /** Zero when there was no answer at all. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

interface Options {
  readonly signal?: AbortSignal;
}

/** The server writes it into the document. */
let token = tokenOf(document);
function tokenOf(page: Document): string {
  return page.querySelector<HTMLMetaElement>('meta[name=console-token]')?.content ?? '';
}

/** A server that was started again has a new token. */
export async function renewToken(): Promise<void> {
  const text = await (await request('/', {})).text();
  token = tokenOf(new DOMParser().parseFromString(text, 'text/html'));
}

/** @throws {ApiError} */
export async function get<T>(path: string, options: Options = {}): Promise<T> {
  return (await request(path, options)).json() as Promise<T>;
}

/**
 * Sends JSON, or a file as it is.
 * @throws {ApiError}
 */
export async function send<T>(
  method: 'POST' | 'PUT',
  path: string,
  body: unknown,
  options: Options = {},
): Promise<T> {
  const answer = await (await post(method, path, body, options)).text();
  return (answer ? JSON.parse(answer) : undefined) as T;
}

/** Does what a button says; Activity tells what becomes of it. */
export function act(action: Action): Promise<{ readonly activityId: string }> {
  return send('POST', '/api/actions', action);
}

/**
 * Posts JSON, and reads the answer line by line while it comes: each line is JSON.
 * @throws {ApiError}
 */
export async function* lines(path: string, body: unknown, options: Options = {}): AsyncGenerator<unknown> {
  const response = await post('POST', path, body, options);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const whole = (rest + part.value).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) if (line) yield JSON.parse(line);
  }
  if (rest) yield JSON.parse(rest);
}

/** Hears what happens, for as long as the page is open; it calls again when the server is gone. */
export function listen(
  onEvent: (event: LiveEvent) => void,
  onConnection: (connection: 'open' | 'gone') => void,
): void {
  const source = new EventSource('/api/events');
  source.onopen = () => onConnection('open');
  source.onmessage = ({ data }) => onEvent(JSON.parse(data));
  source.onerror = () => {
    onConnection('gone');
    // The browser calls again by itself when the connection was cut, but not when it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(onEvent, onConnection), 2000);
  };
}

function post(method: 'POST' | 'PUT', path: string, body: unknown, { signal }: Options): Promise<Response> {
  const isFile = body instanceof Blob;
  return request(path, {
    method,
    headers: {
      'x-console-token': token,
      'content-type': isFile ? 'application/octet-stream' : 'application/json',
    },
    body: isFile ? body : JSON.stringify(body),
    signal: signal ?? null,
  });
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer. Is "npm run dev" still running?', 0);
  });
  if (!response.ok) throw new ApiError(await messageOf(response), response.status);
  return response;
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { message, error } = JSON.parse(text);
    return message ?? error ?? text;
  } catch {
    return text || `The server answered ${response.status}.`;
  }
}
