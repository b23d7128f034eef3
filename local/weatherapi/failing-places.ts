import { Readable } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** WeatherAPI's errors: its code, the HTTP status it comes with, and its message. Its documentation leaves out 1007 and 1008. */
const errors = {
  1002: { status: 401, message: 'API key not provided.' },
  1003: { status: 400, message: 'Parameter q is missing.' },
  1005: { status: 400, message: 'API request url is invalid.' },
  1006: { status: 400, message: 'No matching location found.' },
  1007: { status: 400, message: "Parameter 'dt' or 'days' is not valid." },
  1008: { status: 400, message: 'API key is limited to get history data.' },
  2006: { status: 401, message: 'API key is invalid.' },
  2007: { status: 403, message: 'API key has exceeded calls per month quota.' },
  2008: { status: 403, message: 'API key has been disabled.' },
  2009: {
    status: 403,
    message:
      'API key does not have access to the resource. Please check pricing page for what is allowed in your API subscription plan.',
  },
  9000: { status: 400, message: 'Json body passed in bulk request is invalid.' },
  9001: { status: 400, message: 'Json body contains too many locations for bulk request.' },
  9999: { status: 400, message: 'Internal application error.' },
} as const;

type ErrorCode = keyof typeof errors;

/** Answers a request wrongly. `body` is the JSON it keeps back or spoils, `delay` how long `slow` lasts, in milliseconds. */
export type Failure = (
  reply: FastifyReply,
  spoiled: { body: string; delay: number },
) => FastifyReply | Promise<FastifyReply>;

/** What a place can be called: `fail:<mode>` always fails, `fail:<mode>x2` only twice, and then has its weather. */
const failures: Readonly<Record<string, Failure>> = {
  ...Object.fromEntries(
    Object.keys(errors).map((code) => [code, (reply) => sendError(reply, Number(code) as ErrorCode)]),
  ),
  429: (reply) => page(reply.code(429).header('retry-after', '1'), '429 Too Many Requests'),
  500: (reply) => page(reply.code(500), '500 Internal Server Error'),
  502: (reply) => page(reply.code(502), '502 Bad Gateway'),
  503: (reply) => page(reply.code(503), '503 Service Unavailable'),
  504: (reply) => page(reply.code(504), '504 Gateway Time-out'),
  slow,
  cut: (reply, { body }) =>
    reply.type('application/json').header('content-length', Buffer.byteLength(body)).send(cutOff(body)),
  malformed: (reply, { body }) => reply.type('application/json').send(half(body)),
  html: (reply) => page(reply, 'Welcome'),
  error200: (reply) => reply.code(200).send(errorBody(9999)),
  // Nothing answers at that address: a client that follows fails, and has taken the key along.
  redirect: (reply) => reply.redirect('http://localhost:1/', 302),
  huge: (reply) => reply.type('application/json').send(Readable.from(endless())),
};

/** Says for each request whether its place fails. It counts, so each server has its own. */
export class FailingPlaces {
  readonly #asked = new Map<string, number>();

  /** Undefined where the place has its weather. An unknown mode is a place that does not exist. */
  next(q: string): Failure | undefined {
    const [, mode, times] = /^fail:(.*?)(?:x(\d+))?$/.exec(q) ?? [];
    if (mode === undefined) return undefined;
    const failure = Object.hasOwn(failures, mode) ? failures[mode] : undefined;
    if (!failure) {
      const modes = Object.keys(failures).join(', ');
      return (reply) =>
        sendError(reply, 1006, `${errors[1006].message} There is no fail:${mode}; there is ${modes}.`);
    }
    const asked = (this.#asked.get(q) ?? 0) + 1;
    this.#asked.set(q, asked);
    return times === undefined || asked <= Number(times) ? failure : undefined;
  }
}

export function sendError(reply: FastifyReply, code: ErrorCode, message?: string): FastifyReply {
  return reply.code(errors[code].status).send(errorBody(code, message));
}

export type ErrorBody = { error: { code: ErrorCode; message: string } };

export function errorBody(code: ErrorCode, message: string = errors[code].message): ErrorBody {
  return { error: { code, message } };
}

async function slow(
  reply: FastifyReply,
  { body, delay }: { body: string; delay: number },
): Promise<FastifyReply> {
  const gone = new AbortController();
  // The client went, or the server is being closed.
  reply.raw.once('close', () => gone.abort());
  try {
    await setTimeout(delay, undefined, { signal: gone.signal, ref: false });
  } catch {
    return reply.hijack();
  }
  return reply.type('application/json').send(body);
}

/** Fastify destroys the socket when the stream of a body that has begun fails. */
function cutOff(body: string): Readable {
  async function* chunks() {
    yield half(body);
    // Lets the first half reach the client before its socket goes.
    await setImmediate();
    throw new Error('cut off, as the location asked');
  }
  return Readable.from(chunks());
}

async function* endless() {
  yield '{"location":{"name":"';
  const filler = 'x'.repeat(64 * 1024);
  while (true) yield filler;
}

/** What a gateway in front of the API says: not JSON. */
function page(reply: FastifyReply, title: string): FastifyReply {
  return reply
    .type('text/html')
    .send(`<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`);
}

const half = (body: string) => body.slice(0, Math.floor(body.length / 2));
