import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Invocation, InvokeMessage } from './sandbox.ts';

/** What libuv has for a pipe, and Node does not document. */
interface Output {
  readonly _handle?: { setBlocking(blocking: boolean): void };
}

type Handler = (event: unknown, context: unknown) => unknown;

// No sandbox outlives the runtime that started it.
new Worker(new URL('parent-watch.ts', import.meta.url)).unref();

// Otherwise what does not fit into the pipe at once is lost when the handler ends the process.
for (const { _handle } of [process.stdout, process.stderr] as unknown as Output[]) _handle?.setBlocking(true);

// Ctrl-C at a terminal reaches this process too. The runtime decides when it ends.
process.on('SIGINT', () => {});

const [, , directory = '', handlerName = '', clockAhead = '0'] = process.argv;
// The deadline is an instant of the runtime's clock, whatever the function's own says.
const { now } = Date;
if (clockAhead !== '0') shiftClock(Number(clockAhead));

/** The handler, loaded once: what stands outside of it runs at the cold start only. */
const loading = load();
loading.catch(() => {}); // Reported by the first invocation, as Lambda does.

process.on('message', (message: InvokeMessage) => {
  void invoke(message).then((invocation) => process.send?.(invocation));
});

async function invoke({ event, requestId, deadline }: InvokeMessage): Promise<Invocation> {
  try {
    const handler = await loading;
    const response = await handler(event, {
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: '$LATEST',
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      getRemainingTimeInMillis: () => deadline - now(),
    });
    return { ok: true, response: response ?? null };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { ok: false, error: { type: name, message } };
  }
}

async function load(): Promise<Handler> {
  const [file, name = ''] = handlerName.split('.');
  const loaded = (await import(pathToFileURL(join(directory, `${file}.mjs`)).href)) as Record<
    string,
    Handler
  >;
  const found = loaded[name];
  if (!found) throw new Error(`The bundle in ${directory} has no export "${name}".`);
  return found;
}

/** Sets this process's clock ahead: what `Date` gives as now. Timers and `performance` go on as they are. */
function shiftClock(milliseconds: number): void {
  const Real = globalThis.Date;
  const shifted = () => Real.now() + milliseconds;
  globalThis.Date = new Proxy(Real, {
    construct: (target, values, called) =>
      Reflect.construct(target, values.length === 0 ? [shifted()] : values, called),
    apply: () => new Real(shifted()).toString(),
    get: (target, name) => (name === 'now' ? shifted : Reflect.get(target, name)),
  });
}
