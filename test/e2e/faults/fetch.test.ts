import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { ApiCall } from '../../../local/aws/api-call.ts';
import type { RequestFault } from '../../../local/aws/request-faults.ts';
import type { FaultActions } from '../../../local/faults/faults.ts';
import type { Invocation } from '../../../local/lambda/sandbox.ts';
import { hour, type Stack, startStack } from '../../stack.ts';
import { parquetRows } from './parquet.ts';

jest.setTimeout(30_000); // Processes start slowly on a busy computer.

const fiveOClock = new Date('2026-11-22T05:00:00Z');
const keyOf = (time: string) => `weatherapi/current/dt=2026-11-22/20261122T${time}Z.json`;
const rawKey = keyOf('050000');
const data = { location: { name: 'Oslo' }, current: { last_updated_epoch: 1_795_323_600, temp_c: 1 } };

let provider: FastifyInstance;
let answer: (reply: FastifyReply, q: string) => unknown;
let asked: string[];
let stack: Stack;

beforeAll(async () => {
  provider = fastify({ forceCloseConnections: true });
  provider.get<{ Querystring: { q: string } }>('/v1/current.json', (request, reply) => {
    asked.push(request.query.q);
    return answer(reply, request.query.q);
  });
  const address = await provider.listen({ host: '127.0.0.1', port: 0 });
  // Whatever fetch does here, it does with a clock that is a day ahead.
  stack = await startStack({ apiUrl: `${address}/v1`, clocks: { 'fetch-function': 24 * hour } });
});
beforeEach(() => {
  answer = (reply) => reply.send(data);
  asked = [];
});
afterEach(() => stack.clear());
afterAll(async () => {
  await stack.close();
  await provider.close();
});

const run = (time = fiveOClock): Promise<Invocation> => stack.invokeFetch(time, ['Oslo']);
const isLanding = ({ action, bucket }: ApiCall) => action === 'PutObject' && bucket === 'raw';

/** A fault of the first request that lands something. */
function firstLanding(fault: (actions: FaultActions) => RequestFault): void {
  let landings = 0;
  stack.faults = {
    request: (call, actions) => (isLanding(call) && ++landings === 1 ? fault(actions) : undefined),
  };
}

describe('an hour', () => {
  test('that is started twice at once lands once, and both succeed [started-twice]', async () => {
    const both = Promise.withResolvers<void>();
    let landings = 0;
    stack.faults = {
      request: (call) => {
        if (!isLanding(call)) return undefined;
        if (++landings === 2) both.resolve();
        return { before: () => both.promise };
      },
    };
    const runs = await Promise.all([run(), run()]);
    expect(runs.map((each) => each.ok && (each.response as { landed: number }).landed).sort()).toEqual([
      0, 1,
    ]);
    expect(stack.landed).toEqual([rawKey]);
  });

  test('that is started late, after the next one, lands under its own time [late-run]', async () => {
    await run(new Date(fiveOClock.getTime() + hour));
    await run();
    await stack.runtime.settled();
    expect(stack.landed).toEqual([keyOf('060000'), rawKey]);
    expect([...(await stack.curated()).keys()]).toEqual(
      [rawKey, keyOf('060000')].map((key) => key.replace('.json', '.parquet')),
    );
  });

  test('lands under its own time though the clocks of the function and of the provider are wrong [wrong-clocks]', async () => {
    const epoch = Date.parse('2019-01-01T00:00:00Z') / 1000;
    answer = (reply) => reply.send({ ...data, current: { last_updated_epoch: epoch } });
    const before = Date.now();
    await run();
    await stack.runtime.settled();
    const fetchedAt = Date.parse((await stack.raw(rawKey))?.metadata['fetched-at'] ?? '');
    expect(fetchedAt).toBeGreaterThanOrEqual(before + 24 * hour);
    const [[curatedKey = '', bytes = Buffer.of()] = []] = await stack.curated();
    expect(curatedKey).toBe(rawKey.replace('.json', '.parquet'));
    expect(await parquetRows(bytes)).toMatchObject([{ observed_at: new Date(epoch * 1000) }]);
  });
});

describe('a run lands its hour once', () => {
  test.each<[string, RequestFault]>([
    ['S3 answers with 503 SlowDown', { status: 503, code: 'SlowDown' }],
    ['another run is writing it', { status: 409, code: 'ConditionalRequestConflict' }],
    ['the connection is cut in the middle of the object', { cut: 'request' }],
    ['the connection is cut when the object was written', { cut: 'answer' }],
  ])('though %s [landing-faults]', async (_what, fault) => {
    firstLanding(() => fault);
    expect(await run()).toMatchObject({ ok: true, response: { keys: [rawKey] } });
    expect(stack.landed).toEqual([rawKey]);
  });

  test.each<[string, (actions: FaultActions) => RequestFault]>([
    ['fetch is killed before', ({ crash }) => ({ before: () => crash('fetch-function'), cut: 'request' })],
    ['fetch is killed after', ({ crash }) => ({ after: () => crash('fetch-function'), cut: 'answer' })],
  ])('when Lambda tries it again, though %s [fetch-killed]', async (_what, fault) => {
    firstLanding(fault);
    expect(await run()).toMatchObject({ ok: false });
    expect(await run()).toMatchObject({ ok: true, response: { keys: [rawKey] } });
    expect(stack.landed).toEqual([rawKey]);
  });

  test('and is completed when Lambda tries it again: what has landed is not asked for once more [completed]', async () => {
    const both = () => stack.invokeFetch(fiveOClock, ['Oslo', 'Ulm']);
    answer = (reply, q) =>
      q === 'Oslo' ? reply.send(data) : reply.code(401).send({ error: { code: 2006 } });
    expect(await both()).toMatchObject({ ok: false, error: { type: 'ConfigurationError' } });
    expect((await stack.raw(rawKey))?.metadata).toMatchObject({ places: '1', 'places-missing': '1' });

    answer = (reply) => reply.send(data);
    asked = [];
    expect(await both()).toMatchObject({ ok: true, response: { landed: 1, fetched: 1, places: 2 } });
    expect(asked).toEqual(['Ulm']);
    await stack.runtime.settled();
    const [[, bytes = Buffer.of()] = []] = await stack.curated();
    expect(await parquetRows(bytes)).toHaveLength(2);
  });

  test('though it was frozen, and S3 and the provider closed its connections meanwhile [frozen]', async () => {
    await run();
    let thawed = 0;
    stack.faults = {
      invocation: (name, _event, { closeIdleConnections }) => ({
        before: (sandbox) => {
          if (name !== 'fetch-function') return;
          sandbox.freeze();
          closeIdleConnections();
          provider.server.closeIdleConnections();
          sandbox.thaw();
          thawed += 1;
        },
      }),
    };
    const next = new Date(fiveOClock.getTime() + hour);
    expect(await run(next)).toMatchObject({ ok: true, response: { landed: 1, skipped: [] } });
    expect(thawed).toBe(1);
  });

  test('when Lambda tries it again, though a cold start found no Secrets Manager [cold-start]', async () => {
    await coldStart();
    let refused = 0;
    let down = true;
    stack.faults = {
      request: ({ service }) => {
        if (!down || service !== 'secretsmanager') return undefined;
        refused += 1;
        return { status: 500, code: 'InternalServiceError' };
      },
    };
    expect(await run()).toMatchObject({ ok: false, error: { type: 'InternalServiceError' } });
    expect([refused, asked]).toEqual([3, []]);
    down = false;
    expect(await run()).toMatchObject({ ok: true, response: { landed: 1 } });
  });
});

test('a redirect is not followed to another host: nobody calls there, with or without the key [redirect]', async () => {
  const calls: string[] = [];
  const elsewhere = fastify();
  elsewhere.all('*', (request, reply) => {
    calls.push(request.url);
    return reply.send(data);
  });
  const address = await elsewhere.listen({ host: '127.0.0.1', port: 0 });
  try {
    answer = (reply) => reply.redirect(`${address}${reply.request.url}`, 302);
    expect(await run()).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('a redirect, which is never followed') },
    });
    expect(calls).toEqual([]);
    expect(stack.landed).toEqual([]);
  } finally {
    await elsewhere.close();
  }
});

/** The next invocation finds no warm sandbox. */
async function coldStart(): Promise<void> {
  stack.faults = { invocation: () => ({ before: (sandbox) => sandbox.kill() }) };
  await run();
  stack.faults = {};
  asked = [];
}
