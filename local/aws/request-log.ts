import type { FastifyInstance } from 'fastify';
import { type ApiCall, apiCallOf, refuse } from './api-call.ts';

/** Enough for any test; a run of days forgets the rest. */
const KEPT = 10_000;

export interface LoggedRequest extends Omit<ApiCall, 'method'> {
  /** Of HTTP; of the answer as it was sent. */
  status: number;
}

/** A fault to answer with, `{ status: 503, code: 'SlowDown' }`, or undefined to let the request through. */
export type Intercept = (call: ApiCall) => { status: number; code: string } | undefined;

/** Logs every AWS request with its answer, oldest first, and lets `intercept` answer in the service's place. */
export function addRequestLog(
  app: FastifyInstance,
  intercept: Intercept | undefined,
): readonly LoggedRequest[] {
  const log: LoggedRequest[] = [];
  app.addHook('preHandler', (request, reply, done) => {
    const call = apiCallOf(request);
    const fault = call && intercept?.(call);
    if (fault) refuse(reply, call, fault.status, fault.code, 'Injected by this emulator.');
    else done();
  });
  // Before the answer leaves, so that whoever has the answer finds it in the log.
  app.addHook('onSend', (request, reply, payload, done) => {
    const call = apiCallOf(request);
    if (call) {
      const { method: _, ...named } = call;
      log.push({ ...named, status: reply.statusCode });
      if (log.length > KEPT) log.shift();
    }
    done(null, payload);
  });
  return log;
}
