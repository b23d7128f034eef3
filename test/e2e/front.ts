import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';

/** What is data but for what is added to it. */
const data = { location: { name: 'Echo' }, current: { last_updated_epoch: 1_795_323_600 } };

export interface Front {
  url: string;
  /** Answers that repeated the key. */
  echoed: number;
  close(): Promise<void>;
}

/** A gateway in front of the provider that, when asked for `echo:…`, repeats the URL of the request, and so the key. */
export async function startFront(provider: string): Promise<Front> {
  const app = fastify({ forceCloseConnections: true });
  app.get('/v1/current.json', (request: FastifyRequest, reply: FastifyReply) => {
    const { url } = request;
    const [, mode] = /q=echo%3A(\w+)/.exec(url) ?? [];
    if (!mode) return forward(provider + url.replace('/v1', ''), reply);
    front.echoed += 1;
    if (mode === 'data') return reply.send({ ...data, request: url });
    if (mode === 'plain') return reply.send({ ...data, request: decodeURIComponent(url) });
    const message = `${url} is no URL`;
    reply.header('location', `http://127.0.0.1:1${url}`).header('retry-after', mode === 'header' ? url : '0');
    if (mode === 'html') return reply.type('text/html').send(`<html>${message}</html>`);
    const status = Number(mode) || 503;
    return reply.code(status).send({ error: { code: status === 400 ? 1005 : url, message } });
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const front = { url: `${address}/v1`, echoed: 0, close: () => app.close() };
  return front;
}

/** Hands a request on, with whatever its answer is or fails to be. */
async function forward(url: string, reply: FastifyReply): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  try {
    const response = await fetch(url, { redirect: 'manual', signal: gone.signal });
    return await reply
      .code(response.status)
      .headers(Object.fromEntries(response.headers))
      .send(response.body ?? undefined);
  } catch {
    reply.raw.destroy();
    return reply.hijack();
  }
}
