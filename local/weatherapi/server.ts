import { fastify } from 'fastify';
import { endpoints, type Plan } from './endpoints.ts';
import { FailingPlaces, sendError } from './failing-places.ts';
import { resolvePlace } from './places.ts';
import { monthlyQuota } from './quota.ts';

export type WeatherApiOptions = {
  /** The only key that is accepted. */
  key: string;
  /** The instant whose weather is asked for. */
  now: () => Date;
  /** How long `fail:slow` takes, in milliseconds. @default 60 000 */
  faultDelay?: number;
  /** `free` forecasts 3 days, reaches back 7 and takes no `end_dt`. @default 'pro', so that a year can be backfilled */
  plan?: Plan;
  /** How many calls with the right key a month (UTC) includes; then comes error 2007. @default no limit */
  calls?: number;
};

/** Not a secret: what commands give the stand-in that they start. */
export const standInKey = 'stand-in';

/** One request as it came in; `status` is 0 as long as nothing was answered. Never holds the key. */
export type LoggedRequest = { path: string; q: string | undefined; dt?: string; status: number };

export type WeatherApi = {
  /** The base URL, such as `http://127.0.0.1:53124/v1`. */
  url: string;
  requests: readonly Readonly<LoggedRequest>[];
  /** Stops, and cuts the connections that are still open. */
  close(): Promise<void>;
};

/**
 * A local stand-in for WeatherAPI.com: `GET /v1/current.json`, `forecast.json`, `history.json` and
 * `astronomy.json` on a free port of this machine only, with invented weather, the documented errors, and failures to ask for (`q=fail:500x2`,
 * see `failing-places.ts`). The history of an hour is what `current` said then; a forecast strays from it.
 */
export async function startWeatherApi(options: WeatherApiOptions): Promise<WeatherApi> {
  const requests: LoggedRequest[] = [];
  const failing = new FailingPlaces();
  const spend = monthlyQuota(options.calls ?? Number.POSITIVE_INFINITY, options.now);
  const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
  app.decorateRequest('logged');

  app.addHook('onRequest', async (request) => {
    const { path, query } = split(request.url);
    const dt = query.get('dt');
    const logged = { path, q: query.get('q') ?? undefined, ...(dt === null ? {} : { dt }), status: 0 };
    requests.push(logged);
    request.setDecorator('logged', logged);
  });
  // Before the first byte leaves, so that whoever has an answer finds its status in the log.
  app.addHook('onSend', async (request, reply) => {
    request.getDecorator<LoggedRequest>('logged').status = reply.statusCode;
  });

  app.setNotFoundHandler((_request, reply) => sendError(reply, 1005));
  for (const [name, answer] of Object.entries(endpoints)) {
    app.get(`/v1/${name}.json`, (request, reply) => {
      const { query } = split(request.url);
      const key = query.get('key');
      if (!key) return sendError(reply, 1002);
      if (key !== options.key) return sendError(reply, 2006);
      if (!spend()) return sendError(reply, 2007);
      const q = query.get('q')?.trim();
      if (!q) return sendError(reply, 1003);

      const failure = failing.next(q);
      const place = resolvePlace(q);
      if (!place) return sendError(reply, 1006);
      const body = answer({ place, now: options.now(), query, plan: options.plan ?? 'pro' });
      if ('error' in body) return sendError(reply, body.error.code, body.error.message);
      if (!failure) return reply.send(body);
      return failure(reply, { body: JSON.stringify(body), delay: options.faultDelay ?? 60_000 });
    });
  }

  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${address}/v1`, requests, close: () => app.close() };
}

/** Not fastify's own query: it makes an array of a parameter that comes twice. */
function split(url: string): { path: string; query: URLSearchParams } {
  const [path = '', query] = url.split('?', 2);
  return { path, query: new URLSearchParams(query) };
}
