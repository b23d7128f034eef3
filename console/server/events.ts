import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { LiveEvent } from '../../operations/live/live-event.ts';
import type { LiveStack } from '../../operations/live/live-stack.ts';

/** Milliseconds between two signs of life. */
const heartbeat = 15_000;
/** Milliseconds until a page calls again when the connection was cut. */
const retry = 1000;
/** A page that reads so slowly that more bytes wait is cut off: it calls again, and asks for everything anew. */
const longestWait = 4 * 1024 * 1024;

/** GET /api/events: server-sent events, for as long as the page is open. */
export function eventRoutes(app: FastifyInstance, live: LiveStack): void {
  const open = new Set<ServerResponse>();
  /** Why the code does not build; undefined when it does. Pages that come later hear it, too. */
  let failure: LiveEvent | undefined;
  const forget = live.hear((event) => {
    if (event.type === 'reload-failed') failure = event;
    if (event.type === 'reloaded') failure = undefined;
  });
  app.get('/api/events', (_request, reply) => {
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, { ...reply.getHeaders(), 'content-type': 'text/event-stream' } as Record<
      string,
      string
    >);
    const send = (text: string) => {
      response.write(text);
      if (response.writableLength > longestWait) response.destroy();
    };
    const tell = (event: LiveEvent) => send(`data: ${JSON.stringify(event)}\n\n`);
    send(`retry: ${retry}\n\n`);
    tell({ type: 'flow', flow: live.flow() });
    if (failure) tell(failure);
    const deafen = live.hear(tell);
    const timer = setInterval(() => send(': still here\n\n'), heartbeat);
    open.add(response);
    response.on('close', () => {
      deafen();
      clearInterval(timer);
      open.delete(response);
    });
  });
  app.addHook('preClose', async () => {
    forget();
    for (const response of open) response.end();
  });
}
