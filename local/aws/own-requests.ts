import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { apiCallOf, refuse } from './api-call.ts';

/**
 * Refuses what a page in a browser sends: it names its origin, or reaches this computer by a name of its own (DNS
 * rebinding). AWS clients do neither.
 */
export function addOwnRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { port } = app.server.address() as AddressInfo;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    const { host = '', origin } = request.headers;
    if (hosts.includes(host) && origin === undefined) return done();
    const call = apiCallOf(request) ?? { service: 's3', method: request.method, action: 'Unknown' };
    const message = `Only clients on this computer may ask http://${hosts[0]}: expected it as the Host, and no Origin.`;
    refuse(reply, call, { status: 403, code: 'AccessDenied' }, message);
  });
}
