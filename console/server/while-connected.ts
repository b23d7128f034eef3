import type { FastifyReply } from 'fastify';

/** Aborted when the client goes away before it has the whole answer, or the stack is stopped. */
export function whileConnected({ raw }: FastifyReply, stopped: AbortSignal): AbortSignal {
  const gone = new AbortController();
  raw.on('close', () => gone.abort(new Error('The page has gone away.')));
  return AbortSignal.any([stopped, gone.signal]);
}
