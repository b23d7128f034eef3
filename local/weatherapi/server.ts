import { fastify } from 'fastify';
import { FailingPlaces, sendError } from './failing-places.ts';
import { resolvePlace } from './places.ts';
import { currentWeather } from './weather.ts';

export type WeatherApiOptions = {
  /** The only key that is accepted. */
  key: string;
  /** The instant whose weather is asked for. */
  now: () => Date;
  /** How long `fail:slow` takes, in milliseconds. @default 60 000 */
  faultDelay?: number;
};

/** One request as it came in; `status` is 0 as long as nothing was answered. Never holds the key. */
export type LoggedRequest = { path: string; q: string | undefined; status: number };

export type WeatherApi = {
  /** The base URL, such as `http://127.0.0.1:53124/v1`. */
  url: string;
  requests: readonly Readonly<LoggedRequest>[];
  /** Stops, and cuts the connections that are still open. */
  close(): Promise<void>;
};

/**
 * A local stand-in for WeatherAPI.com: `GET /v1/current.json` on a free port of this machine only, with
 * invented weather, the documented errors, and failures to ask for (`q=fail:500x2`, see `failing-places.ts`).
 */
export async function startWeatherApi(options: WeatherApiOptions): Promise<WeatherApi> {
  const requests: LoggedRequest[] = [];
  const failing = new FailingPlaces();
  const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
  app.decorateRequest('logged');

  app.addHook('onRequest', async (request) => {
    const { path, query } = split(request.url);
    const logged = { path, q: query.get('q') ?? undefined, status: 0 };
    requests.push(logged);
    request.setDecorator('logged', logged);
  });
  // Before the first byte leaves, so that whoever has an answer finds its status in the log.
  app.addHook('onSend', async (request, reply) => {
    request.getDecorator<LoggedRequest>('logged').status = reply.statusCode;
  });

  app.setNotFoundHandler((_request, reply) => sendError(reply, 1005));
  app.get('/v1/current.json', (request, reply) => {
    const { query } = split(request.url);
    const key = query.get('key');
    if (!key) return sendError(reply, 1002);
    if (key !== options.key) return sendError(reply, 2006);
    const q = query.get('q')?.trim();
    if (!q) return sendError(reply, 1003);

    const failure = failing.next(q);
    const place = resolvePlace(q);
    if (!place) return sendError(reply, 1006);
    const weather = currentWeather(place, options.now(), {
      aqi: query.get('aqi') === 'yes',
      pollen: query.get('pollen') === 'yes',
      language: query.get('lang') ?? 'en',
    });
    if (!failure) return reply.send(weather);
    return failure(reply, { body: JSON.stringify(weather), delay: options.faultDelay ?? 60_000 });
  });

  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${address}/v1`, requests, close: () => app.close() };
}

/** Not fastify's own query: it makes an array of a parameter that comes twice. */
function split(url: string): { path: string; query: URLSearchParams } {
  const [path = '', query] = url.split('?', 2);
  return { path, query: new URLSearchParams(query) };
}
