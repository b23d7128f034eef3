import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import type { ApiCall } from '../../../local/aws/api-call.ts';
import type { RequestFault } from '../../../local/aws/request-faults.ts';
import type { FaultActions, Faults } from '../../../local/faults/faults.ts';
import { hour, type Stack, startStack } from '../../stack.ts';
import { parquetRows } from './parquet.ts';

jest.setTimeout(30_000); // Processes start slowly on a busy computer.

const rawKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';
const curatedKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet';

let stack: Stack;
beforeAll(async () => {
  // No event can be on its way any more when reconcile looks.
  stack = await startStack({ clocks: { 'reconcile-function': hour }, withoutCompact: true });
});
afterEach(() => stack.clear());
afterAll(() => stack.close());

function content(temp_c: number, name = 'Oslo'): string {
  return JSON.stringify({ location: { name }, current: { last_updated_epoch: 1_795_323_600, temp_c } });
}

/** What curated says of the object; undefined when there is none. */
async function temperatures(): Promise<unknown[] | undefined> {
  const bytes = (await stack.curated()).get(curatedKey);
  return bytes && (await parquetRows(bytes)).map(({ temp_c }) => temp_c);
}

/** A fault that hits the nth request of a kind. */
function at(
  action: string,
  nth: number,
  fault: (actions: FaultActions) => RequestFault,
): NonNullable<Faults['request']> {
  let asked = 0;
  return (call: ApiCall, actions) => {
    const reads = action === 'GetObject' || action === 'HeadObject';
    if (call.action !== action || (call.bucket === 'raw') !== reads) return undefined;
    asked += 1;
    return asked === nth ? fault(actions) : undefined;
  };
}

function requestsOf(action: string): number {
  return stack.runtime.emulator.requests.filter((request) => request.action === action).length;
}

/** A promise and what resolves it. */
const gate = () => Promise.withResolvers<void>();

describe('a raw object is converted, once and with no dead letter,', () => {
  test.each<[string, string, (actions: FaultActions) => RequestFault]>([
    ['S3 answers a read with 500', 'GetObject', () => ({ status: 500, code: 'InternalError' })],
    ['S3 answers a write with 503 SlowDown', 'PutObject', () => ({ status: 503, code: 'SlowDown' })],
    ['a read is cut in the middle of its answer', 'GetObject', () => ({ cut: 'answer' })],
    ['a write is cut in the middle of its body', 'PutObject', () => ({ cut: 'request' })],
    ['a write is cut after it was done', 'PutObject', () => ({ cut: 'answer' })],
    ['the look after the write is cut', 'HeadObject', () => ({ cut: 'request' })],
    ...['GetObject', 'PutObject', 'HeadObject'].flatMap(
      (action): [string, string, (actions: FaultActions) => RequestFault][] => [
        [
          `convert is killed before its ${action}`,
          action,
          ({ crash }) => ({ before: () => crash('convert-function'), cut: 'request' }),
        ],
        [
          `convert is killed after its ${action}`,
          action,
          ({ crash }) => ({ after: () => crash('convert-function'), cut: 'answer' }),
        ],
      ],
    ),
  ])('though %s [request-faults]', async (what, action, fault) => {
    let hit = 0;
    stack.faults = {
      request: at(action, 1, (actions) => {
        hit += 1;
        return fault(actions);
      }),
    };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect(hit).toBe(1);
    // Of the rest, the SDK gets over some by itself.
    if (what.includes('killed')) expect(stack.deliveries(rawKey)).toEqual([2]);
    expect(await temperatures()).toEqual([1]);
    expect(stack.letters()).toEqual([]);
  });

  test.each<[string, string, number, (actions: FaultActions) => RequestFault]>([
    ['its upload in parts is not begun', 'CreateMultipartUpload', 1, () => ({ cut: 'request' })],
    ['the second part is cut', 'UploadPart', 2, () => ({ cut: 'request' })],
    ['the second part is refused', 'UploadPart', 2, () => ({ status: 400, code: 'BadDigest' })],
    ['the answer to its completion is cut', 'CompleteMultipartUpload', 1, () => ({ cut: 'answer' })],
    [
      'its completion is answered with 503 SlowDown',
      'CompleteMultipartUpload',
      1,
      () => ({ status: 503, code: 'SlowDown' }),
    ],
  ])('though %s, and no part is left over [upload-faults]', async (_what, action, nth, fault) => {
    const large = content(
      1,
      createHash('shake256', { outputLength: 9_000_000 }).update('large').digest('base64'),
    );
    let hit = 0;
    stack.faults = {
      request: at(action, nth, (actions) => {
        hit += 1;
        return fault(actions);
      }),
    };
    await stack.put(rawKey, large);
    await stack.runtime.settled();
    expect(hit).toBe(1);
    expect(await temperatures()).toEqual([1]);
    expect(stack.letters()).toEqual([]);
    expect(stack.runtime.emulator.openUploads(stack.outputs.CuratedBucketName)).toEqual([]);
  });

  test('though convert runs out of memory [out-of-memory]', async () => {
    let invoked = 0;
    const failures: boolean[] = [];
    stack.faults = {
      // A real one: what V8 needs to load the bundle is more than this.
      invocation: () => (++invoked === 1 ? { memory: 3 } : undefined),
      delivery: () => void failures.push(true),
    };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect(failures).toHaveLength(2);
    expect(await temperatures()).toEqual([1]);
    expect(stack.letters()).toEqual([]);
  });

  test('though convert is timed out while it waits for S3 [timed-out]', async () => {
    let invoked = 0;
    const released = gate();
    stack.faults = {
      invocation: () => (++invoked === 1 ? { timeout: 1_000 } : undefined),
      // Held back until the second delivery comes, which is after the time-out.
      request: at('GetObject', 1, () => ({ before: () => released.promise })),
      delivery: () => {
        if (invoked === 1) released.resolve();
        return undefined;
      },
    };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect(invoked).toBe(2);
    expect(await temperatures()).toEqual([1]);
    expect(stack.letters()).toEqual([]);
  });

  test('though convert was frozen, and its connections were closed meanwhile [frozen]', async () => {
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    let thawed = 0;
    stack.faults = {
      invocation: (_name, _event, { closeIdleConnections }) => ({
        before: (sandbox) => {
          sandbox.freeze();
          closeIdleConnections();
          sandbox.thaw();
          thawed += 1;
        },
      }),
    };
    await stack.put(rawKey, content(2));
    await stack.runtime.settled();
    expect(thawed).toBe(1);
    expect(await temperatures()).toEqual([2]);
    expect(stack.letters()).toEqual([]);
  });

  test.each(['while-working', 'afterwards'] as const)(
    'though its message comes again %s [delivered-again]',
    async (when) => {
      let delivered = 0;
      stack.faults = { delivery: () => (++delivered === 1 ? when : undefined) };
      await stack.put(rawKey, content(1));
      await stack.runtime.settled();
      expect(delivered).toBe(2);
      expect(await temperatures()).toEqual([1]);
      expect(stack.letters()).toEqual([]);
    },
  );
});

describe('the newest content is in curated', () => {
  test('though the message is visible again while a worker stands still with older content [slow-worker]', async () => {
    // The first worker has read 1 and stands still; the second reads and writes 2; then the first goes on and writes 1.
    const secondIsDone = gate();
    let delivered = 0;
    stack.faults = {
      request: (call) => {
        if (call.action !== 'PutObject' || call.bucket !== 'curated') return undefined;
        if (!stillFirst) return { after: () => secondIsDone.resolve() };
        stillFirst = false;
        return {
          before: async () => {
            await stack.put(rawKey, content(2));
            await secondIsDone.promise;
          },
        };
      },
      delivery: () => (++delivered === 1 ? 'while-working' : undefined),
    };
    let stillFirst = true;
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect(delivered).toBeGreaterThan(2);
    expect(await temperatures()).toEqual([2]);
    expect(stack.letters()).toEqual([]);
  });

  test('though that worker dies after its write, and the other one has deleted the message [slow-worker-dies]', async () => {
    const [firstWrites, secondIsDone] = [gate(), gate()];
    let [delivered, events, writes] = [0, 0, 0];
    stack.faults = {
      // The second worker begins when the first one has read, or else it might be the one that stands still.
      invocation: (_name, event) =>
        (event as SQSEvent).Records[0]?.attributes.ApproximateReceiveCount === '2'
          ? { before: () => firstWrites.promise }
          : undefined,
      request: ({ action, bucket }, { crash }) => {
        if (action === 'DeleteMessage') return { after: () => secondIsDone.resolve() };
        if (action !== 'PutObject' || bucket !== 'curated' || ++writes > 1) return undefined;
        return {
          before: async () => {
            await stack.put(rawKey, content(2));
            firstWrites.resolve();
            await secondIsDone.promise;
          },
          after: () => crash('convert-function'),
          cut: 'answer',
        };
      },
      event: ({ bucket }) => (bucket === 'raw' && ++events > 1 ? [] : [0]),
      delivery: () => (++delivered === 1 ? 'while-working' : undefined),
    };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect([delivered, writes]).toEqual([2, 2]);
    expect(await temperatures()).toEqual([2]);
    expect(stack.letters()).toEqual([]);
  });

  test.each<[string, string, 'before' | 'after']>([
    ['before it is read', 'GetObject', 'before'],
    ['as soon as it was read', 'GetObject', 'after'],
    ['before its rows are written', 'PutObject', 'before'],
    ['as soon as its rows are written', 'PutObject', 'after'],
  ])(
    'though the object is replaced %s, and the event of that is lost [replaced]',
    async (_what, action, when) => {
      let events = 0;
      stack.faults = {
        event: ({ bucket }) => (bucket === 'raw' && ++events > 1 ? [] : [0]),
        request: at(action, 1, () => ({ [when]: () => stack.put(rawKey, content(2)) })),
      };
      await stack.put(rawKey, content(1));
      await stack.runtime.settled();
      expect(events).toBe(2);
      expect(await temperatures()).toEqual([2]);
    },
  );

  test('though events come late and out of order [late-events]', async () => {
    let events = 0;
    stack.faults = { event: () => [++events === 1 ? 100 : 0] };
    await stack.put(rawKey, content(1));
    await stack.put(rawKey, content(2));
    await stack.runtime.settled();
    expect(events).toBe(2);
    expect(await temperatures()).toEqual([2]);
    expect(stack.letters()).toEqual([]);
  });
});

describe('an object without a day is filed and converted, once and with no dead letter,', () => {
  const undated = 'weatherapi/current/dropped.json';

  test.each(
    ['GetObject', 'CopyObject', 'DeleteObject'].flatMap((action): [string, string, string][] => [
      ['before', action, undated],
      ['after', action, undated],
    ]),
  )('though convert is killed %s its %s [filed-once]', async (when, action) => {
    let killed = 0;
    stack.faults = {
      request: (call, { crash }) => {
        if (call.action !== action || killed > 0) return undefined;
        killed += 1;
        const kill = () => crash('convert-function');
        return when === 'before' ? { before: kill, cut: 'request' } : { after: kill, cut: 'answer' };
      },
    };
    await stack.put(undated, content(1));
    await stack.runtime.settled();
    expect(killed).toBe(1);
    const [[key = '', bytes = Buffer.of()] = [], ...others] = await stack.curated();
    expect(others).toEqual([]);
    expect(key).toMatch(/^weatherapi\/current\/dt=2026-11-22\/dropped\./);
    expect(await parquetRows(bytes)).toMatchObject([{ temp_c: 1 }]);
    expect(await stack.raw(undated)).toBeUndefined();
    expect(stack.letters()).toEqual([]);
  });
});

test('an object on which convert dies each time costs no other one a try [no-other-message]', async () => {
  const keys = ['a', 'dying', 'b'].map((name) => rawKey.replace('20261122T050000Z', name));
  stack.faults = {
    request: ({ action, key }, { crash }) =>
      action === 'GetObject' && key === keys[1]
        ? { before: () => crash('convert-function'), cut: 'request' }
        : undefined,
  };
  for (const key of keys) {
    await stack.put(key, content(1));
    await stack.runtime.settled();
  }
  expect(keys.map((key) => stack.deliveries(key))).toEqual([[1], [5], [1]]);
});

describe('reconcile has converted', () => {
  test('an object whose event never came [event-lost]', async () => {
    stack.faults = { event: () => [] };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect(await temperatures()).toBeUndefined();
    expect(await stack.reconcile()).toMatchObject({ ok: true, response: { enqueued: 1 } });
    await stack.runtime.settled();
    expect(await temperatures()).toEqual([1]);
  });

  test('an object that was not visible when its event came: to convert it is gone [early-event]', async () => {
    let hidden = true;
    stack.faults = {
      request: ({ action }) =>
        hidden && action === 'GetObject' ? { status: 404, code: 'NoSuchKey' } : undefined,
    };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect([await temperatures(), stack.letters()]).toEqual([undefined, []]);
    hidden = false;
    expect(await stack.reconcile()).toMatchObject({ ok: true, response: { enqueued: 1 } });
    await stack.runtime.settled();
    expect(await temperatures()).toEqual([1]);
  });

  test('an object that was replaced when the event of that was lost [event-lost]', async () => {
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    stack.faults = { event: () => [] };
    await stack.put(rawKey, content(2));
    expect(await stack.reconcile()).toMatchObject({ ok: true, response: { enqueued: 1 } });
    await stack.runtime.settled();
    expect(await temperatures()).toEqual([2]);
  });
});

describe('a dead letter', () => {
  test('that the queue does not take at first is there in the end, once and with its reason [letter-refused]', async () => {
    let refused = 0;
    stack.faults = {
      request: ({ action }) =>
        // All tries of the SDK, so that the message has to come again.
        action === 'SendMessage' && ++refused <= 3 ? { status: 500, code: 'InternalFailure' } : undefined,
    };
    await stack.put(rawKey, '{"location"');
    await stack.runtime.settled();
    expect(refused).toBe(4);
    expect(stack.letters()).toMatchObject([
      { key: rawKey, code: 'not-json', reason: expect.stringContaining('is not JSON') },
    ]);
  });

  test('that is never taken is moved by the queue itself: without a reason, but not lost [letter-refused]', async () => {
    stack.faults = {
      request: ({ action }) => (action === 'SendMessage' ? { status: 403, code: 'AccessDenied' } : undefined),
    };
    await stack.put(rawKey, '{"location"');
    await stack.runtime.settled();
    expect(stack.letters()).toMatchObject([{ key: rawKey, code: undefined }]);
  });

  test('of a worker that dies at each of its tries is moved by the queue itself, and converts when it is sent again [dies-each-try]', async () => {
    stack.faults = {
      request: ({ action }, { crash }) =>
        action === 'GetObject' ? { before: () => crash('convert-function'), cut: 'request' } : undefined,
    };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect(stack.deliveries(rawKey)).toEqual([5]);
    expect([await temperatures(), stack.letters()]).toMatchObject([undefined, [{ key: rawKey }]]);
    stack.faults = {};
    await stack.redrive();
    await stack.runtime.settled();
    expect(await temperatures()).toEqual([1]);
    expect(stack.letters()).toEqual([]);
  });

  test('is not sent for an object that was deleted while it was converted [deleted-object]', async () => {
    stack.faults = { request: at('PutObject', 1, () => ({ before: () => stack.remove(rawKey) })) };
    await stack.put(rawKey, content(1));
    await stack.runtime.settled();
    expect(stack.letters()).toEqual([]);
    expect(requestsOf('DeleteObject')).toBeGreaterThan(0);
  });
});
