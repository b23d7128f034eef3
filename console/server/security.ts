import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';

export interface SecurityOptions {
  /** Of this server; asked for each request, as it is known once the server listens. */
  readonly port: () => number;
  /** What a request that changes something carries as `x-console-token`. */
  readonly token: string;
}

/** Nothing is loaded from elsewhere, nothing stands in the markup, and nobody frames the page. */
const policy = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Also of the page, which holds the token.
  'cache-control': 'no-store',
};

/** Methods that change nothing. */
const safe: readonly string[] = ['GET', 'HEAD'];

/** Answers only the page, which this server has sent itself: no other page, and no other name of this computer. */
export function addSecurity(app: FastifyInstance, { port, token }: SecurityOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    const hosts = [`127.0.0.1:${port()}`, `localhost:${port()}`];
    const { host = '', origin, 'sec-fetch-site': site = 'none' } = request.headers;
    // A foreign name that resolves to this computer: DNS rebinding.
    if (!hosts.includes(host)) return refuse(reply, 421, `Open http://${hosts[0]}/ instead.`);
    const isForeign =
      (origin !== undefined && origin !== `http://${host}`) ||
      !['same-origin', 'none'].includes(String(site));
    if (isForeign && !isNavigation(request.headers, request.url))
      return refuse(reply, 403, 'Another page may not ask this server.');
    if (safe.includes(request.method)) return;
    if (!isEqual(String(request.headers['x-console-token'] ?? ''), token))
      return refuse(reply, 403, 'The page is of an earlier start. Reload it.');
  });
}

/** Whoever follows a link to the page: it changes nothing, and the other page sees nothing of it. */
function isNavigation({ 'sec-fetch-mode': mode }: Record<string, unknown>, url: string): boolean {
  return mode === 'navigate' && url === '/';
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}
