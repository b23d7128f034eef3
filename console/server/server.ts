import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import type { LiveStack } from '../../operations/live/live-stack.ts';
import { actionRoutes } from './actions.ts';
import { activityRoutes } from './activity.ts';
import { breakRoutes } from './break.ts';
import { calendarRoutes } from './calendar.ts';
import { chartRoutes } from './chart.ts';
import { eventRoutes } from './events.ts';
import { fileRoutes } from './files.ts';
import { flowRoutes } from './flow.ts';
import { letterRoutes } from './letters.ts';
import { queryRoutes } from './query.ts';
import { recordRoutes } from './record.ts';
import { addSecurity } from './security.ts';
import { bundlePage, type Page, staticRoutes } from './static.ts';

export interface ConsoleServer {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  readonly port: number;
  /** Ends the pages' connections too. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Tried in this order; 0 for any that is free. */
  readonly ports: readonly number[];
  /** What a request that changes something carries. @default a random one */
  readonly token?: string;
  /** @default bundled from console/page/ */
  readonly page?: Page;
}

/** Each with parsers of its own for what it is sent. */
const routes = [
  flowRoutes,
  eventRoutes,
  activityRoutes,
  actionRoutes,
  calendarRoutes,
  chartRoutes,
  queryRoutes,
  recordRoutes,
  letterRoutes,
  fileRoutes,
  breakRoutes,
];

/** Serves the page and what it asks for, to this computer only. @throws {Error} when none of the ports is free */
export async function startServer(
  live: LiveStack,
  { ports, token = randomBytes(32).toString('base64url'), page }: ServerOptions,
): Promise<ConsoleServer> {
  const files = page ?? (await bundlePage(token));
  for (const [index, wanted] of ports.entries()) {
    // A server that could not listen cannot be used again.
    const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
    addSecurity(app, { port: () => (app.server.address() as AddressInfo).port, token });
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'There is nothing here.' }));
    app.setErrorHandler(({ message, statusCode = 500 }: Error & { statusCode?: number }, _request, reply) =>
      reply.code(statusCode).send({ message }),
    );
    await app.register(async (own) => staticRoutes(own, files));
    for (const add of routes) await app.register(async (own: FastifyInstance) => add(own, live));
    try {
      await app.listen({ host: '127.0.0.1', port: wanted });
    } catch (error) {
      await app.close();
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (isTaken && index < ports.length - 1) continue;
      throw isTaken
        ? new Error(`Port ${wanted} is taken. Type another one: --port`, { cause: error })
        : error;
    }
    const { port } = app.server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/`, port, close: () => app.close() };
  }
  throw new Error('expected at least one port');
}
