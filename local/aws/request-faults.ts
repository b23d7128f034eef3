import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ApiCall, apiCallOf, refuse } from './api-call.ts';

/** What goes wrong with one request. Several members happen in their order here. */
export interface RequestFault {
  /** Waited for before the request is handled. */
  readonly before?: () => unknown;
  /** Answered in the service's place: `{ status: 503, code: 'SlowDown' }`. */
  readonly answer?: { readonly status: number; readonly code: string };
  /** Waited for after the request was handled, before its answer leaves. */
  readonly after?: () => unknown;
  /**
   * The connection is closed: in the middle of the `request`, which is then not handled, or in the middle of the
   * `answer` to one that was.
   */
  readonly cut?: 'request' | 'answer';
}

/** Asks for each request of S3 and SQS what goes wrong with it, before any of its body is read. */
export function addRequestFaults(
  app: FastifyInstance,
  faultOf: (call: ApiCall) => RequestFault | undefined,
): void {
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

  // For all the others this calls back at once: hooks after it rely on the handler running within the same tick.
  app.addHook('preHandler', (request, reply, done) => {
    const fault = faults.get(request);
    if (!fault) return done();
    void Promise.resolve(fault.before?.()).then(() => {
      if (fault.cut === 'request') {
        reply.hijack();
        request.raw.socket.destroy();
      } else if (fault.answer) {
        refuse(reply, fault.call, fault.answer.status, fault.answer.code, 'Injected by this emulator.');
      } else {
        done();
      }
    }, done);
  });

  app.addHook('onSend', (request, _reply, payload, done) => {
    const fault = faults.get(request);
    if (!fault?.after && fault?.cut !== 'answer') return done(null, payload);
    // Fastify sends a second, empty answer for a handler that is done before its answer has left: that one ends here.
    if (answering.has(request)) return;
    answering.add(request);
    void Promise.resolve(fault.after?.()).then(() => {
      if (fault.cut !== 'answer') return done(null, payload);
      const bytes = bytesOf(payload);
      if (bytes.length === 0) request.raw.socket.destroy();
      done(null, bytes.length === 0 ? payload : Readable.from(halfOf(bytes, request)));
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

function bytesOf(payload: unknown): Buffer {
  if (typeof payload === 'string' || payload instanceof Uint8Array) return Buffer.from(payload);
  return Buffer.alloc(0);
}
