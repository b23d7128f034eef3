import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import type { RequestFault } from '../../../local/aws/request-faults.ts';
import type { FaultActions, Faults } from '../../../local/faults/faults.ts';
import { converted } from '../../functions/convert/converted.ts';
import { hour, type Stack, startStack } from '../../stack.ts';
import { response } from './traffic.ts';

jest.setTimeout(30_000); // Processes start slowly on a busy computer.

const prefix = 'weatherapi/current/dt=2026-11-22/';
const dayKey = `${prefix}day.parquet`;
/** A part with one row of this temperature. */
const contents = new Map<number, Uint8Array>();

let stack: Stack;
beforeAll(async () => {
  for (const temperature of [1, 2, 3]) {
    const { file } = await converted(response(temperature), { key: `${prefix}part.json` });
    contents.set(temperature, file);
  }
  // No event can be on its way any more when reconcile looks.
  stack = await startStack({ clocks: { 'reconcile-function': hour } });
});
afterEach(() => stack.clear());
afterAll(() => stack.close());

const put = (name: string, temperature: number) =>
  stack.put(`${prefix}${name}.parquet`, contents.get(temperature) ?? '', {}, 'curated');
const remove = (name: string) => stack.remove(`${prefix}${name}.parquet`, 'curated');

/** What the table has of the day; undefined when it has no object. */
async function temperatures(): Promise<unknown[] | undefined> {
  if (!(await stack.compacted()).has(dayKey)) return undefined;
  return (await stack.tableRows(dayKey)).map(({ temp_c }) => temp_c);
}

/** A fault that hits compact's nth request of a kind. */
function at(
  action: string,
  nth: number,
  fault: (actions: FaultActions) => RequestFault,
): NonNullable<Faults['request']> {
  let asked = 0;
  return (call, actions) => {
    if (call.caller !== 'compact-function' || call.action !== action) return undefined;
    asked += 1;
    return asked === nth ? fault(actions) : undefined;
  };
}

const killedBefore = ({ crash }: FaultActions): RequestFault => ({
  before: () => crash('compact-function'),
  cut: 'request',
});
const killedAfter = ({ crash }: FaultActions): RequestFault => ({
  after: () => crash('compact-function'),
  cut: 'answer',
});

/** A promise and what resolves it. */
const gate = () => Promise.withResolvers<void>();

describe('a day is in the table as its parts are, with no dead letter,', () => {
  const requests: readonly (readonly [what: string, action: string, nth: number])[] = [
    ['look at the target', 'HeadObject', 1],
    ['listing', 'ListObjectsV2', 1],
    ['read', 'GetObject', 1],
    ['write', 'PutObject', 1],
    ['second listing', 'ListObjectsV2', 2],
  ];
  const answers: readonly (readonly [how: string, fault: (actions: FaultActions) => RequestFault])[] = [
    ['is answered with 500', () => ({ status: 500, code: 'InternalError' })],
    ['is answered with 403', () => ({ status: 403, code: 'AccessDenied' })],
    ['is cut', () => ({ cut: 'request' })],
    ['has its answer cut', () => ({ cut: 'answer' })],
    ['is never sent, since compact is killed before it,', killedBefore],
    ['is the last before compact is killed,', killedAfter],
  ];
  test.each([
    ...requests.flatMap(([what, action, nth]) =>
      answers.map(([how, fault]) => [`${what} ${how}`, action, nth, fault] as const),
    ),
    [
      'write is answered with 409',
      'PutObject',
      1,
      () => ({ status: 409, code: 'ConditionalRequestConflict' }),
    ] as const,
  ])('though its %s [compact-faults]', async (_what, action, nth, fault) => {
    let hit = 0;
    stack.faults = {
      request: at(action, nth, (actions) => {
        hit += 1;
        return fault(actions);
      }),
    };
    await put('a', 1);
    await stack.runtime.settled();
    expect(hit).toBe(1);
    expect(await temperatures()).toEqual([1]);
    expect(stack.letters('compact')).toEqual([]);
  });

  test.each([
    ...answers,
    ['is answered with 409', () => ({ status: 409, code: 'ConditionalRequestConflict' })] as const,
  ])('though the delete of its object %s [compact-faults]', async (_how, fault) => {
    await put('a', 1);
    await stack.runtime.settled();
    let hit = 0;
    stack.faults = {
      request: at('DeleteObject', 1, (actions) => {
        hit += 1;
        return fault(actions);
      }),
    };
    await remove('a');
    await stack.runtime.settled();
    expect(hit).toBe(1);
    expect(await temperatures()).toBeUndefined();
    expect(stack.letters('compact')).toEqual([]);
  });

  test('though compact runs out of memory, and is timed out [compact-faults]', async () => {
    let invoked = 0;
    stack.faults = {
      invocation: () => [{ memory: 3 }, { timeout: 1 }, undefined][invoked++],
    };
    await put('a', 1);
    await stack.runtime.settled();
    expect(invoked).toBe(3);
    expect(await temperatures()).toEqual([1]);
    expect(stack.letters('compact')).toEqual([]);
  });

  test.each(['while-working', 'afterwards'] as const)(
    'though its message comes again %s [compact-again]',
    async (when) => {
      let delivered = 0;
      const { requests } = stack.runtime.emulator;
      const before = requests.length;
      stack.faults = { delivery: () => (++delivered === 1 ? when : undefined) };
      await put('a', 1);
      await stack.runtime.settled();
      const writes = requests.slice(before).filter(({ action }) => action === 'PutObject');
      expect(delivered).toBe(2);
      expect(writes).toMatchObject([{ bucket: 'curated' }, { bucket: 'compacted' }]);
      expect(await temperatures()).toEqual([1]);
      expect(stack.letters('compact')).toEqual([]);
    },
  );
});

describe('the newest parts are in the table', () => {
  test('though a worker stands still with older ones, and dies after it wrote, when the other one has deleted the message [slow-compact]', async () => {
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
        if (action !== 'PutObject' || bucket !== 'compacted' || ++writes > 1) return undefined;
        return {
          before: async () => {
            await put('a', 2);
            await put('b', 3);
            firstWrites.resolve();
            await secondIsDone.promise;
          },
          after: () => crash('compact-function'),
          cut: 'answer',
        };
      },
      event: () => (++events > 1 ? [] : [0]),
      delivery: () => (++delivered === 1 ? 'while-working' : undefined),
    };
    await put('a', 1);
    await stack.runtime.settled();
    expect([delivered, writes]).toEqual([2, 2]);
    expect(await temperatures()).toEqual([2, 3]);
    expect(stack.letters('compact')).toEqual([]);
  });

  const moments = [
    ['HeadObject', 'before'],
    ['HeadObject', 'after'],
    ['ListObjectsV2', 'after'],
    ['GetObject', 'after'],
    ['PutObject', 'before'],
    ['PutObject', 'after'],
  ] as const;
  const changes: readonly (readonly [
    what: string,
    change: () => Promise<unknown>,
    after: number[] | undefined,
  ])[] = [
    ['one is replaced', () => put('a', 2), [2, 3]],
    ['one comes', () => put('c', 2), [1, 3, 2]],
    ['one is removed', () => remove('a'), [3]],
    ['all are removed', () => Promise.all([remove('a'), remove('b')]), undefined],
    ['one is replaced, and then comes back', () => put('a', 2).then(() => put('a', 1)), [1, 3]],
    ['one is removed, and then comes back', () => remove('a').then(() => put('a', 1)), [1, 3]],
  ];
  test.each(
    moments.flatMap(([action, when]) =>
      changes.map(([what, change, after]) => [what, when, action, change, after] as const),
    ),
  )(
    'though %s %s the %s, and the event of that is lost [part-changed]',
    async (_what, when, action, change, after) => {
      await put('b', 3);
      await stack.runtime.settled();
      let lost = false;
      let changed = 0;
      stack.faults = {
        event: () => (lost ? [] : [0]),
        request: at(action, 1, () => ({
          [when]: async () => {
            lost = true;
            changed += 1;
            await change();
          },
        })),
      };
      await put('a', 1);
      await stack.runtime.settled();
      expect(changed).toBe(1);
      expect(await temperatures()).toEqual(after);
      expect(stack.letters('compact')).toEqual([]);
    },
  );
});

describe('reconcile has compacted', () => {
  test.each<[string, () => Promise<unknown>, number[] | undefined]>([
    ['is new', () => put('b', 2), [1, 2]],
    ['was replaced', () => put('a', 2), [2]],
    ['was removed', () => remove('a'), undefined],
  ])('a day of which a part %s, when the event of that is lost [day-lost]', async (_what, change, after) => {
    await put('a', 1);
    await stack.runtime.settled();
    stack.faults = { event: () => [] };
    await change();
    await stack.runtime.settled();
    expect(await temperatures()).toEqual([1]);
    expect(await stack.reconcile()).toMatchObject({ ok: true, response: { days: { enqueued: 1 } } });
    await stack.runtime.settled();
    expect(await temperatures()).toEqual(after);
  });
});

test('a day on which compact dies each time costs no other one a try, and is made when its letter is sent again [compact-dies]', async () => {
  const other = 'weatherapi/current/dt=2026-11-21/';
  stack.faults = {
    request: (call, actions) =>
      call.action === 'ListObjectsV2' && call.prefix === prefix ? killedBefore(actions) : undefined,
  };
  for (const key of [`${other}a.parquet`, `${prefix}a.parquet`, `${other}b.parquet`]) {
    await stack.put(key, contents.get(1) ?? '', {}, 'curated');
    await stack.runtime.settled();
  }
  expect([prefix, other].map((each) => stack.deliveries(each))).toEqual([[5], [1, 1]]);
  expect(await temperatures()).toBeUndefined();
  expect(stack.letters('compact')).toMatchObject([{ key: `${prefix}a.parquet`, code: undefined }]);

  stack.faults = {};
  await stack.redrive();
  await stack.runtime.settled();
  expect(await temperatures()).toEqual([1]);
  expect(stack.letters('compact')).toEqual([]);
});
