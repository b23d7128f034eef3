import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ApiCall, apiCallOf, refuse, type ServiceError } from './api-call.ts';

/**
 * What goes wrong with one request. Several members happen in the order `before`, `status` and `code`, `after`, `cut`.
 * `status` and `code` are answered in the service's place.
 */
export interface RequestFault extends Partial<ServiceError> {
  /** Waited for before the request is handled. */
  readonly before?: () => unknown;
  /** Waited for after the request was handled, before its answer leaves. */
  readonly after?: () => unknown;
  /**
   * The connection is closed: in the middle of the `request`, which is then not handled, or in the middle of the
   * `answer` to one that was.
   */
  readonly cut?: 'request' | 'answer';
}

/** Asked before any of a request's body is read; undefined lets it through. */
export type RequestFaults = (call: ApiCall) => RequestFault | undefined;

export function addRequestFaults(app: FastifyInstance, faultOf: RequestFaults): void {
  const faults = new WeakMap<FastifyRequest, RequestFault & { call: ApiCall }>();
  const answering = new WeakSet<FastifyRequest>();

  app.addHook('preParsing', (request, _reply, payload, done) => {
    const call = apiCallOf(request);
    const fault = call && faultOf(call);
    if (!fault) return done(null, payload);
    faults.set(request, { ...fault, call });
    const hasBody = Number(request.headers['content-length'] ?? 0) > 0;
    done(null, fault.cut === 'request' && hasBody ? Readable.from(broken(payload, request, fault)) : payload);
  });

  // For requests without a fault this calls back at once: hooks after it rely on the handler running within the same tick.
  app.addHook('preHandler', (request, reply, done) => {
    const fault = faults.get(request);
    if (!fault) return done();
    void Promise.resolve(fault.before?.()).then(() => {
      if (fault.cut === 'request') {
        reply.hijack();
        request.raw.socket.destroy();
      } else if (fault.status !== undefined) {
        const { call, status, code = 'InternalError' } = fault;
        refuse(reply, call, { status, code }, 'Injected by this emulator.');
      } else {
        done();
      }
    }, done);
  });

  app.addHook('onSend', (request, _reply, payload, done) => {
    const fault = faults.get(request);
    if (!fault?.after && fault?.cut !== 'answer') return done(null, payload);
    // Fastify would send a second, empty answer for a handler that ends before its answer has left.
    if (answering.has(request)) return;
    answering.add(request);
    void Promise.resolve(fault.after?.()).then(() => {
      if (fault.cut !== 'answer') return done(null, payload);
      const isBody = typeof payload === 'string' || payload instanceof Uint8Array;
      if (isBody && payload.length > 0)
        return done(null, Readable.from(halfOf(Buffer.from(payload), request)));
      request.raw.socket.destroy();
      done(null, payload);
    }, done);
  });
}

/** The beginning of a body that is being sent when the connection goes. */
async function* broken(
  payload: AsyncIterable<Uint8Array>,
  request: FastifyRequest,
  { before }: RequestFault,
): AsyncGenerator<Uint8Array> {
  const { socket } = request.raw;
  // No loop: leaving one would end the request, and the client would be told that.
  const { value } = await payload[Symbol.asyncIterator]().next();
  if (value) yield value.subarray(0, value.length >> 1);
  await before?.();
  socket.destroy();
  throw new Error('The connection was closed by a fault.');
}

/** Whoever reads it has been told the length of the whole. */
async function* halfOf(bytes: Buffer, request: FastifyRequest) {
  yield bytes.subarray(0, bytes.length >> 1);
  // The first half reaches the reader before the connection goes.
  await new Promise((resolve) => setImmediate(resolve));
  request.raw.socket.destroy();
}
